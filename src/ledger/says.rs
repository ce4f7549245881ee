//! The meaning of a ledger's entry, however it is written. It holds just enough to tell
//! whether two texts mean the same, and keeps neither text.

use super::own_lines::{Line, OfLine, Said};
use serde::Deserialize;
use serde::de::{Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::OnceLock;

/// A mapping: the fields that aidf looks at, and a digest of all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// The field `path`, if it is text.
    pub path: Option<String>,
    /// The field `timestamp`, if it is text.
    pub timestamp: Option<String>,
    /// The sum of the digests of its fields. A sum, because the order of fields means
    /// nothing in YAML.
    digest: u64,
}

/// A digest of any YAML value. Its key is new in each run, so that nobody can find two
/// values with the same digest beforehand.
#[derive(Clone, Copy)]
struct Digest(u64);

/// The digest of one value, and its text if the value is a text.
struct Field(u64, Option<String>);

fn hash(what: impl FnOnce(&mut dyn Hasher)) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    let mut hasher = KEY.get_or_init(RandomState::new).build_hasher();
    what(&mut hasher);
    hasher.finish()
}

fn digest_of_text(text: &str) -> u64 {
    tagged(3, text.as_bytes())
}

fn tagged(tag: u8, bytes: &[u8]) -> u64 {
    hash(|h| {
        h.write_u8(tag);
        h.write(bytes);
    })
}

fn field(key: u64, value: u64) -> u64 {
    hash(|mut h| (6u8, key, value).hash(&mut h))
}

/// The digest of a list that has one more item.
fn and_one(list: u64, item: u64) -> u64 {
    hash(|mut h| (5u8, list, item).hash(&mut h))
}

/// The digests of nothing, of a list without items, and of a mapping without fields.
fn empty(tag: u8) -> u64 {
    tagged(tag, &[])
}

impl Entry {
    /// A number that is equal for two entries if all their fields are, whatever their order
    /// and form, and for no others but by a chance of one in 2^64. It differs in each run.
    pub fn identity(&self) -> u64 {
        self.digest
    }

    fn without_fields() -> Entry {
        Entry {
            digest: empty(6),
            ..Entry::default()
        }
    }

    fn add(&mut self, key: u64, name: Option<&str>, Field(value, text): Field) {
        self.digest = self.digest.wrapping_add(field(key, value));
        match name {
            Some("path") => self.path = text,
            Some("timestamp") => self.timestamp = text,
            _ => {}
        }
    }
}

impl OfLine for Entry {
    fn of_line(line: &Line<'_>) -> Entry {
        let mut entry = Entry::without_fields();
        for (key, said) in line {
            let value = match said {
                Said::Null => Field(empty(0), None),
                Said::Text(text) => Field(digest_of_text(text), Some(text.to_string())),
                Said::List(items) => {
                    let items = items.iter().map(|item| digest_of_text(item));
                    Field(items.fold(empty(5), and_one), None)
                }
            };
            entry.add(digest_of_text(key), Some(key), value);
        }
        entry
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Any).map(|f| Digest(f.0))
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<Field, E> {
        Ok(Field(empty(0), None))
    }

    fn visit_none<E: Error>(self) -> Result<Field, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Field, D::Error> {
        d.deserialize_any(Any)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<Field, D::Error> {
        d.deserialize_any(Any)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Field, E> {
        Ok(Field(tagged(1, &[v.into()]), None))
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Field, E> {
        self.visit_i128(v.into())
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Field, E> {
        self.visit_i128(v.into())
    }

    fn visit_i128<E>(self, v: i128) -> Result<Field, E> {
        Ok(Field(tagged(2, &v.to_le_bytes()), None))
    }

    fn visit_u128<E>(self, v: u128) -> Result<Field, E> {
        Ok(Field(tagged(7, &v.to_le_bytes()), None))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Field, E> {
        // Compare the bits, so that NaN equals itself.
        Ok(Field(tagged(4, &v.to_bits().to_le_bytes()), None))
    }

    fn visit_str<E>(self, v: &str) -> Result<Field, E> {
        Ok(Field(digest_of_text(v), Some(v.to_owned())))
    }

    fn visit_bytes<E>(self, v: &[u8]) -> Result<Field, E> {
        Ok(Field(tagged(8, v), None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Field, A::Error> {
        let mut all = empty(5);
        while let Some(Digest(one)) = seq.next_element()? {
            all = and_one(all, one);
        }
        Ok(Field(all, None))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
        Ok(Field(Mapping.visit_map(map)?.digest, None))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Field, A::Error> {
        let (Digest(name), variant) = data.variant()?;
        let value = variant.newtype_variant::<Digest>()?.0;
        Ok(Field(field(name, value), None))
    }
}

struct Mapping;

impl<'de> Visitor<'de> for Mapping {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut entry = Entry::without_fields();
        while let Some(Field(key, name)) = map.next_key()? {
            entry.add(key, name.as_deref(), map.next_value()?);
        }
        Ok(entry)
    }

    fn visit_unit<E: Error>(self) -> Result<Entry, E> {
        Err(E::custom("an entry is empty, and a mapping is expected"))
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(Mapping)
    }
}
