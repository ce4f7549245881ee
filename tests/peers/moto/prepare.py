"""Prepares the S3 server of tests/peers/s3.rs, and tells what it holds.

prepare.py ENDPOINT start         an access key and two buckets; then every request must be signed
prepare.py ENDPOINT public B      everybody may read the objects of bucket B
prepare.py ENDPOINT uploads B     how many uploads of bucket B are unfinished
prepare.py ENDPOINT objects B     the objects of bucket B with their locks
"""

import json
import sys
import urllib.request

import boto3

endpoint, what, *more = sys.argv[1:]


def client(service):
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1")


def signed_after(requests):
    body = requests.encode()
    request = urllib.request.Request(endpoint + "/moto-api/reset-auth", data=body)
    request.add_header("Content-Type", "text/plain")
    urllib.request.urlopen(request).read()


if what == "start":
    iam, s3 = client("iam"), client("s3")
    iam.create_user(UserName="aidf")
    every = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [every]})
    iam.put_user_policy(UserName="aidf", PolicyName="s3", PolicyDocument=policy)
    key = iam.create_access_key(UserName="aidf")["AccessKey"]
    s3.create_bucket(Bucket="plain")
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    signed_after("0")
    print(json.dumps({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}))
elif what == "public":
    objects = f"arn:aws:s3:::{more[0]}/*"
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": objects}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [read]})
    client("s3").put_bucket_policy(Bucket=more[0], Policy=policy)
    # moto wants a signature of everybody, or of nobody.
    signed_after("inf")
elif what == "uploads":
    print(len(client("s3").list_multipart_uploads(Bucket=more[0]).get("Uploads", [])))
elif what == "objects":
    s3, found = client("s3"), {}
    for entry in s3.list_objects_v2(Bucket=more[0]).get("Contents", []):
        head = s3.head_object(Bucket=more[0], Key=entry["Key"])
        found[entry["Key"]] = {
            "mode": head.get("ObjectLockMode"),
            "etag": head["ETag"],
            "size": head["ContentLength"],
        }
    print(json.dumps(found))
