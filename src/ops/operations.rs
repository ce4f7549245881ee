//! The operations by name: the one table of what a front end can call with JSON, and of the
//! schemas of what goes in and comes out (docs/schema).

use super::outcome::{ErrorReport, Outcome, Reported, WARNINGS};
use super::{
    agents, audit, backup, commit, doctor, key, land, log, login, policy, propose, protect,
    rollback, sandbox, setup, snapshots, status, token,
};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// One operation.
pub struct Operation {
    /// Its name: the words of the command.
    pub name: &'static str,
    call: fn(&Context, Value) -> Result<Outcome<Value>>,
    request: fn() -> Schema,
    report: fn() -> Schema,
}

macro_rules! operations {
    ($($name:literal: $operation:path, $request:ty => $report:ty;)*) => {
        /// Every operation, in the order of the command line's help.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            name: $name,
            call: |cx, request| called(cx, $name, request, $operation),
            request: || schema_of::<$request>(SchemaSettings::for_deserialize),
            report: || printed::<$report>(),
        },)*];
    };
}

operations! {
    "sandbox init": sandbox::init, sandbox::InitRequest => sandbox::InitReport;
    "sandbox list": sandbox::list, sandbox::ListRequest => sandbox::ListReport;
    "sandbox show": sandbox::show, sandbox::Named => sandbox::ShowReport;
    "sandbox diff": sandbox::diff, sandbox::DiffRequest => sandbox::DiffReport;
    "sandbox pull": sandbox::pull, sandbox::Named => sandbox::PullReport;
    "sandbox switch": sandbox::switch, sandbox::Named => sandbox::SwitchReport;
    "sandbox sync": sandbox::sync, sandbox::SyncRequest => sandbox::SyncReport;
    "sandbox close": sandbox::close, sandbox::CloseRequest => sandbox::CloseReport;
    "sandbox prune": sandbox::prune, sandbox::PruneRequest => sandbox::PruneReport;
    "sandbox restore": sandbox::restore, sandbox::RestoreRequest => sandbox::RestoreReport;
    "commit": commit::commit, commit::Request => commit::Report;
    "status": status::status, status::Request => status::Report;
    "log": log::log, log::Request => log::Report;
    "rollback": rollback::rollback, rollback::Request => rollback::Report;
    "backup create": backup::create, backup::CreateRequest => backup::CreateReport;
    "backup list": backup::list, backup::ListRequest => backup::ListReport;
    "backup prune": backup::prune, backup::PruneRequest => backup::PruneReport;
    "backup verify": backup::verify, backup::VerifyRequest => backup::VerifyReport;
    "backup restore": backup::restore, backup::RestoreRequest => backup::RestoreReport;
    "backup export": backup::export, backup::ExportRequest => backup::ExportReport;
    "backup drill": backup::drill, backup::DrillRequest => backup::DrillReport;
    "propose": propose::propose, propose::Request => propose::Report;
    "land": land::land, land::Request => land::Report;
    "protect plan": protect::plan, protect::Request => protect::Report;
    "protect apply": protect::apply, protect::Request => protect::Report;
    "protect check": protect::check, protect::Request => protect::Report;
    "protect remove": protect::remove, protect::Request => protect::Report;
    "protect guide": protect::guide, protect::Request => protect::GuideReport;
    "setup": setup::setup, setup::Request => setup::Report;
    "policy show": policy::show, policy::ShowRequest => policy::ShowReport;
    "policy check": policy::check, policy::CheckRequest => policy::CheckReport;
    "agents install": agents::install, agents::InstallRequest => agents::InstallReport;
    "audit log": audit::log, audit::LogRequest => audit::LogReport;
    "audit checkpoint": audit::checkpoint, audit::CheckpointRequest => audit::CheckpointReport;
    "audit alerts": audit::alerts, audit::AlertsRequest => audit::AlertsReport;
    "audit export": audit::export, audit::ExportRequest => audit::ExportReport;
    "audit report": audit::report, audit::ReportRequest => audit::Report;
    "audit verify": audit::verify, audit::VerifyRequest => audit::VerifyReport;
    "token issue": token::issue, token::IssueRequest => token::IssueReport;
    "token list": token::list, token::ListRequest => token::ListReport;
    "token inspect": token::inspect, token::InspectRequest => token::InspectReport;
    "token revoke": token::revoke, token::RevokeRequest => token::RevokeReport;
}

macro_rules! never_failures {
    ($($report:ty),* $(,)?) => { $(impl Reported for $report {})* };
}

// The reports of what fails with an error or not at all. The others say it where they are.
never_failures!(
    sandbox::InitReport,
    sandbox::ListReport,
    sandbox::ShowReport,
    sandbox::DiffReport,
    sandbox::SwitchReport,
    sandbox::SyncReport,
    sandbox::CloseReport,
    sandbox::RestoreReport,
    commit::Report,
    status::Report,
    log::Report,
    rollback::Report,
    backup::PruneReport,
    backup::RestoreReport,
    propose::Report,
    land::Report,
    protect::GuideReport,
    token::IssueReport,
    token::RevokeReport,
);

/// The operation of a name.
pub fn find(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|o| o.name == name)
}

impl Operation {
    /// Carries out a request that is JSON.
    ///
    /// Errors: usage, for JSON that is no such request; those of the operation.
    pub fn call(&self, cx: &Context, request: Value) -> Result<Outcome<Value>> {
        (self.call)(cx, request)
    }

    /// The schema of its requests (JSON Schema, draft 2020-12).
    pub fn request_schema(&self) -> Schema {
        (self.request)()
    }

    /// The schema of its reports, as `--json` prints them.
    pub fn report_schema(&self) -> Schema {
        (self.report)()
    }
}

/// The schemas of what needs no remote, and of what is no operation's own: failures, and
/// reports on all repositories of the configuration. By name.
pub fn other_schemas() -> Vec<(&'static str, Schema)> {
    use backup::AllOf;
    vec![
        (
            "error",
            schema_of::<ErrorReport>(SchemaSettings::for_serialize),
        ),
        ("doctor", printed::<doctor::Report>()),
        ("login", printed::<login::Report>()),
        ("key show", printed::<key::ShowReport>()),
        ("key rotate", printed::<key::RotateReport>()),
        ("key retire", printed::<key::RetireReport>()),
        ("snapshot", printed::<snapshots::TakeReport>()),
        ("snapshot list", printed::<snapshots::ListReport>()),
        ("snapshot show", printed::<snapshots::ShowReport>()),
        ("snapshot restore", printed::<snapshots::RestoreReport>()),
        ("snapshot prune", printed::<snapshots::PruneReport>()),
        (
            "backup create --all",
            printed::<AllOf<backup::CreateReport>>(),
        ),
        ("backup list --all", printed::<AllOf<backup::ListReport>>()),
        (
            "backup prune --all",
            printed::<AllOf<backup::PruneReport>>(),
        ),
        (
            "backup verify --all",
            printed::<AllOf<backup::VerifyReport>>(),
        ),
        (
            "backup export --all",
            printed::<AllOf<backup::ExportReport>>(),
        ),
        (
            "backup drill --all",
            printed::<AllOf<backup::DrillReport>>(),
        ),
    ]
}

fn called<Q: DeserializeOwned, R: Reported>(
    cx: &Context,
    name: &str,
    request: Value,
    operation: fn(&Context, &Q) -> Result<R>,
) -> Result<Outcome<Value>> {
    let request: Q = serde_json::from_value(request).map_err(|e| {
        Error::new(Kind::Usage, format!("this is no request of `{name}`: {e}"))
            .hint("docs/schema of the project has the schema of every request")
    })?;
    let outcome = Outcome::of(cx, |cx| operation(cx, &request))?;
    Ok(Outcome {
        report: outcome.to_json()?,
        warnings: outcome.warnings,
        verdict: outcome.verdict,
    })
}

fn schema_of<T: JsonSchema>(direction: fn(SchemaSettings) -> SchemaSettings) -> Schema {
    let settings = direction(SchemaSettings::draft2020_12());
    SchemaGenerator::new(settings).into_root_schema_for::<T>()
}

/// A report's schema, with the warnings that go with it.
fn printed<T: Reported>() -> Schema {
    let mut schema = schema_of::<T>(SchemaSettings::for_serialize);
    let warnings = json!({
        "description": "What else the caller should know.",
        "type": "array",
        "items": {"type": "string"},
    });
    let fields = schema.ensure_object();
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.insert(WARNINGS.to_owned(), warnings);
    }
    if let Some(Value::Array(required)) = fields.get_mut("required") {
        required.push(json!(WARNINGS));
    }
    schema
}
