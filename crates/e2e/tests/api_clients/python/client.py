"""Runs a complete integration with a client generated from the description."""

import os

from ori import AuthenticatedClient, Client
from ori.api.console import change_api_key, create_api_key, sign_in
from ori.api.crm import place_call, show_call, who_am_i
from ori.models import (
    CallView,
    CreateApiKey,
    CreatedApiKey,
    PatchApiKey,
    PlaceCall,
    PlacedCall,
    Problem,
    SignIn,
    WhoAmI,
)

url = os.environ["ORI_URL"]

# The console: a person signs in, and the client stores the cookie.
console = Client(base_url=url)
signed_in = sign_in.sync_detailed(
    client=console, body=SignIn(email=os.environ["ORI_EMAIL"], password=os.environ["ORI_PASSWORD"])
)
assert signed_in.status_code == 200, signed_in
cookie = "; ".join(f"{name}={value}" for name, value in console.get_httpx_client().cookies.items())
assert cookie

operator = AuthenticatedClient(base_url=url, token=cookie, auth_header_name="Cookie", prefix="")

created = create_api_key.sync(client=operator, body=CreateApiKey(name="Python"))
assert isinstance(created, CreatedApiKey), created

# The CRM needs only the key.
crm = AuthenticatedClient(base_url=url, token=created.key, auth_header_name="X-API-Key", prefix="")

who = who_am_i.sync(client=crm)
assert isinstance(who, WhoAmI) and who.key_id == created.id, who

order = PlaceCall.from_dict(
    {"bot_id": "bot_collections", "to_number": "+919876543210", "variables": {"CUSTOMERNAME": "Rajesh"}}
)
placed = place_call.sync(client=crm, body=order, idempotency_key="python-1")
assert isinstance(placed, PlacedCall) and placed.status == "ok", placed

again = place_call.sync_detailed(client=crm, body=order, idempotency_key="python-1")
assert isinstance(again.parsed, PlacedCall) and again.parsed.call_id == placed.call_id, again
assert again.headers["idempotent-replayed"] == "true"

call = show_call.sync(placed.call_id, client=crm)
assert isinstance(call, CallView) and call.to_number == "+919876543210", call

wrong = place_call.sync(client=crm, body=PlaceCall(bot_id="b", to_number="12"))
assert isinstance(wrong, Problem) and wrong.code == "validation_failed", wrong
assert wrong.errors and wrong.errors[0].pointer == "/to_number", wrong

revoked = change_api_key.sync(created.id, client=operator, body=PatchApiKey(is_active=False))
assert not isinstance(revoked, Problem) and revoked is not None and revoked.status == "inactive", revoked
refused = who_am_i.sync(client=crm)
assert isinstance(refused, Problem) and refused.code == "api_key_inactive", refused
