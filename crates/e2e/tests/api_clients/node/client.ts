// Runs a complete integration with a client generated from the description.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Call = components["schemas"]["CallView"];

function setting(name: string): string {
    const value = process.env[name];
    assert(value, `${name} is not set`);
    return value;
}

const baseUrl = setting("ORI_URL");

// The console: a person signs in, and a browser would store the cookie.
const signIn = await createClient<paths>({ baseUrl }).POST("/api/v1/session", {
    body: { email: setting("ORI_EMAIL"), password: setting("ORI_PASSWORD") },
});
assert(signIn.data, JSON.stringify(signIn.error));
const cookie = signIn.response.headers.get("set-cookie")?.split(";")[0];
assert(cookie);
const console_ = createClient<paths>({ baseUrl, headers: { cookie } });

const created = await console_.POST("/api/v1/api-keys", { body: { name: "TypeScript" } });
assert(created.data, JSON.stringify(created.error));
const { key, id } = created.data;

// The CRM needs only the key.
const crm = createClient<paths>({ baseUrl, headers: { "X-API-Key": key } });

const who = await crm.GET("/api/v1/auth/whoami");
assert.equal(who.data?.key_id, id);

const order = {
    params: { header: { "Idempotency-Key": "typescript-1" } },
    body: { bot_id: "bot_collections", to_number: "+919876543210", variables: { CUSTOMERNAME: "Rajesh" } },
};
const placed = await crm.POST("/api/v1/sip/dialout", order);
assert(placed.data, JSON.stringify(placed.error));
assert.equal(placed.data.status, "ok");

const again = await crm.POST("/api/v1/sip/dialout", order);
assert.equal(again.data?.call_id, placed.data.call_id);
assert.equal(again.response.headers.get("idempotent-replayed"), "true");

const found = await crm.GET("/api/v1/calls/{id}", { params: { path: { id: placed.data.call_id } } });
const call: Call | undefined = found.data;
assert.equal(call?.to_number, "+919876543210");

const wrong = await crm.POST("/api/v1/sip/dialout", { body: { bot_id: "b", to_number: "12" } });
assert.equal(wrong.error?.code, "validation_failed");
assert.equal(wrong.error.errors?.[0]?.pointer, "/to_number");

const revoked = await console_.PATCH("/api/v1/api-keys/{id}", { params: { path: { id } }, body: { is_active: false } });
assert.equal(revoked.data?.status, "inactive");
const refused = await crm.GET("/api/v1/auth/whoami");
assert.equal(refused.response.status, 403);
assert.equal(refused.error?.code, "api_key_inactive");
