"""Configures Schemathesis with the properties of this API that its description does not contain.

Who asks: sessions, keys and the fleet's secret are real, made before the run. And what no JSON Schema can say, so that what is
generated as valid is valid: a day or time of expiry is still to come, a timezone is one of IANA's list, a phone number
is one of a numbering plan, and what makes a call safe to repeat names one call only.
"""

import itertools
import os
from datetime import datetime, timezone

import schemathesis
from hypothesis import strategies as st

FUTURE = st.datetimes(datetime(2100, 1, 1), datetime(9000, 1, 1))
ZONES = ["UTC", "Asia/Kolkata", "America/New_York", "Europe/Berlin"]

schemathesis.openapi.format("date-time", FUTURE.map(lambda time: time.replace(tzinfo=timezone.utc).isoformat()))
schemathesis.openapi.format("date", FUTURE.map(lambda time: time.date().isoformat()))
# Names below `.invalid` never resolve (RFC 6761).
schemathesis.openapi.format("uri", st.from_regex(r"https://[a-z]{1,9}\.invalid/[a-z0-9]{0,9}", fullmatch=True))
schemathesis.openapi.format("phone-number", st.from_regex(r"\+91 ?9[0-9]{4}[ -]?[0-9]{5}", fullmatch=True))
schemathesis.openapi.format("iana-timezone", st.sampled_from(ZONES))


@schemathesis.auth()
class Proof:
    """Sends only the first credential that the operation lists, or none."""

    def get(self, case, context):
        # Schemathesis caches this for all operations.
        return {name: os.environ[name] for name in ("ORI_KEY", "ORI_SESSION", "ORI_FLEET_SECRET")}

    def set(self, case, data, context):
        security = context.operation.definition.raw.get("security", [])
        scheme = next((scheme for requirement in security for scheme in requirement), None)
        for header in ("X-API-Key", "Authorization", "X-Fleet-Secret"):
            case.headers.pop(header, None)
        case.cookies.pop("ori_session", None)
        if scheme == "api_key":
            case.headers["X-API-Key"] = data["ORI_KEY"]
        elif scheme == "session":
            case.cookies["ori_session"] = data["ORI_SESSION"]
        elif scheme == "fleet_secret":
            case.headers["X-Fleet-Secret"] = data["ORI_FLEET_SECRET"]


NUMBERS = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request comes from elsewhere, so that none is slowed for the failures of others; and each call has names of its own:
    used for another call, they are refused, as they must be."""
    number = next(NUMBERS)
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    if case.meta is None or not case.meta.generation.mode.is_positive or not isinstance(case.body, dict):
        return
    if str(case.body.get("expires_at") or "9") < "2100":
        # Schemathesis also sends values from responses, such as the time at which a key was created.
        case.body["expires_at"] = "2100-01-01T00:00:00Z"
    if case.body.get("call_reference"):
        case.body["call_reference"] = f"{number}-{case.body['call_reference']}"[:255]
    key = case.headers.get("Idempotency-Key")
    if key is not None:
        case.headers["Idempotency-Key"] = f'"{number}' + key[1:] if key[0] == '"' else f"{number}-{key}"[:255].strip()
