// Load on the public reads of the API, and with WRITES=true on the post of an activity. Generated from the OpenAPI
// document by clients/typescript/generate.
//
//   k6 run -e BASE_URL=http://localhost:4567 clients/collections/cruddur.k6.js
//
// The server limits what one address may send: start it with RATE_LIMIT=off for a measurement.

import { check } from "k6";
import http from "k6/http";

const BASE_URL = __ENV.BASE_URL || "http://localhost:4567";
const TOKEN = __ENV.TOKEN;

export const options = {
  vus: 10,
  duration: "30s",
  thresholds: { checks: ["rate>0.999"], http_req_duration: ["p(95)<100"] },
};

const READS = [
  {
    "name": "list_user_activities",
    "address": "/api/activities/@ingrid_s"
  },
  {
    "name": "list_home",
    "address": "/api/activities/home"
  },
  {
    "name": "search_activities",
    "address": "/api/activities/search?term=cake"
  },
  {
    "name": "list_liked_activities",
    "address": "/api/users/@ingrid_s/likes"
  },
  {
    "name": "list_reposted_activities",
    "address": "/api/users/@ingrid_s/reposts"
  },
  {
    "name": "show_user",
    "address": "/api/users/@ingrid_s"
  },
  {
    "name": "show_short_user",
    "address": "/api/users/@ingrid_s/short"
  },
  {
    "name": "show_config",
    "address": "/api/config"
  },
  {
    "name": "show_health_check",
    "address": "/api/health-check"
  }
];

export default function () {
  for (const { name, address } of READS) {
    const response = http.get(BASE_URL + address, { headers: authorization(), tags: { name } });
    check(response, { [`${name} responds 200`]: ({ status }) => status === 200 });
  }
  if (__ENV.WRITES === "true") {
    const body = JSON.stringify({"message":"Lemon cake at four, @ingrid_s?","ttl":"1-day"});
    const headers = { ...authorization(), "Content-Type": "application/json" };
    const response = http.post(`${BASE_URL}/api/activities`, body, { headers, tags: { name: "create_activity" } });
    check(response, { "create_activity responds 200": ({ status }) => status === 200 });
  }
}

function authorization() {
  return TOKEN ? { Authorization: `Bearer ${TOKEN}` } : {};
}
