// The walk of the README with a client generated from the OpenAPI document: sign in,
// register, record, rank, explain, look back, sign out. The compiler holds the types,
// the run holds the answers.
import createClient from "openapi-fetch";
import type { paths, components } from "./generated/api.js";

const { BASE, USERNAME, PASSWORD } = process.env;
const client = createClient<paths>({ baseUrl: BASE ?? "" });

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

// an unranked row has no rank: a client that believes otherwise does not compile
type Rank = components["schemas"]["RowView"]["rank"];
const unranked: Rank = null;
// @ts-expect-error a rank is not always a number
const always: number = unranked as Rank;
void always;

const login = await client.POST("/api/v1/auth/login", {
  body: { username: USERNAME ?? "", password: PASSWORD ?? "" },
});
check(login.data !== undefined && login.data.token_type === "Bearer", "signed in");
const headers = { Authorization: `Bearer ${login.data.access_token}` };

const wrong = await client.POST("/api/v1/auth/login", { body: { username: USERNAME ?? "", password: "another" } });
check(wrong.error?.code === "invalid_credentials" && wrong.response.status === 401, "a wrong password is a problem");

const me = await client.GET("/api/v1/me", { headers });
check(me.data?.role === "council" && me.data.unit === null, "who I am");

const campaign = "q6-2021";
const unit = { campaign, code: "new" };
const registered = await client.PUT("/api/v1/campaigns/{campaign}/units/{code}", {
  params: { path: unit },
  headers,
  body: { name: "Phường 15", kind: "ward", parent_code: "775", population: 12000 },
});
check(registered.response.status === 201 && registered.data?.population === 12000, "registered");

const record = () =>
  client.PUT("/api/v1/campaigns/{campaign}/units/{code}/figures/{date}", {
    params: { path: { ...unit, date: "2021-07-12" } },
    headers: { ...headers, "Idempotency-Key": "walk-1" },
    body: { community_f0: 2 },
  });
const recorded = await record();
check(recorded.response.status === 201 && recorded.data !== undefined, "recorded");
// where a campaign asks for a second person it may be a request that waits (202)
check("community_f0" in recorded.data && recorded.data.community_f0 === 2, "as it was sent");
const again = await record();
check(again.data?.revision === recorded.data.revision, "a retry is the same answer");

const board = await client.GET("/api/v1/campaigns/{campaign}/leaderboard", {
  params: { path: { campaign }, query: { as_of: "2021-07-12", min_revision: recorded.data.revision } },
});
// a board is JSON unless the client asks for CSV
check(typeof board.data === "object", "a board");
const rows = board.data.items;
check(rows.length === 14 && rows[0]?.rank === 1, "ranked");
const row = rows.find((r) => r.unit.code === "new");
check(row !== undefined && row.rank === null && row.unranked.includes("no_baseline"), "no baseline, no rank");

const standing = await client.GET("/api/v1/campaigns/{campaign}/units/{code}/standing", {
  params: { path: { campaign, code: "27382" }, query: { as_of: "2021-07-12" } },
});
check(standing.data?.change?.rounded === 26.32, "explained");

const before = await client.GET("/api/v1/campaigns/{campaign}/leaderboard", {
  params: { path: { campaign }, query: { as_of: "2021-07-12", revision: 1 } },
});
check(typeof before.data === "object" && before.data.revision === 1, "as it was before");

const secret = await client.GET("/api/v1/users", { headers });
check(secret.error?.code === "forbidden" && secret.response.status === 403, "accounts are not the council's");

const out = await client.POST("/api/v1/auth/logout", { headers, body: { everywhere: true } });
check((out.data?.ended ?? 0) >= 1, "signed out");
const after = await client.GET("/api/v1/me", { headers });
check(after.error?.code === "invalid_token", "and known no more");
console.log("the walk is done");
