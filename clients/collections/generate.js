// Writes a Postman collection, which Bruno imports too, and a k6 script, both from the OpenAPI document.
//
//   node clients/collections/generate.js OPENAPI_JSON FOLDER

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const METHODS = ["get", "post", "put", "delete"];

const [documentFile, folder] = process.argv.slice(2);
if (!documentFile || !folder) throw new Error("usage: node generate.js OPENAPI_JSON FOLDER");
const document = JSON.parse(readFileSync(documentFile, "utf8"));

/** The operations of each tag, in the order of the tags. */
const groups = document.tags.map(({ name, description }) => ({
  name,
  description,
  operations: Object.entries(document.paths).flatMap(([route, item]) =>
    METHODS.filter((method) => item[method]?.tags[0] === name)
      .map((method) => ({ method, route, ...item[method] }))),
})).filter(({ operations }) => operations.length > 0);

write("cruddur.postman_collection.json", `${JSON.stringify(postman(), null, 2)}\n`);
write("cruddur.k6.js", k6());

function write(name, text) {
  writeFileSync(path.join(folder, name), text);
}

function postman() {
  return {
    info: {
      name: document.info.title,
      description: document.info.description,
      schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    },
    variable: [
      { key: "baseUrl", value: "http://localhost:4567" },
      { key: "token", value: "", description: document.components.securitySchemes.token.description },
      { key: "adminToken", value: "", description: document.components.securitySchemes.admin.description },
    ],
    item: groups.map(({ name, description, operations }) => ({ name, description, item: operations.map(postmanRequest) })),
  };
}

function postmanRequest({ method, route, summary, description, parameters = [], requestBody, security }) {
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  const inQuery = parameters.filter((parameter) => parameter.in === "query");
  const segments = route.slice(1).split("/").map((segment) => segment.replace(/\{(\w+)\}/, "{{$1}}"));
  const body = exampleOf(requestBody);
  return {
    name: summary,
    request: {
      method: method.toUpperCase(),
      description,
      auth: authOf(security),
      header: body === undefined ? [] : [{ key: "Content-Type", value: "application/json" }],
      ...(body !== undefined && { body: { mode: "raw", raw: JSON.stringify(body, null, 2), options: { raw: { language: "json" } } } }),
      url: {
        raw: `{{baseUrl}}/${segments.join("/")}`,
        host: ["{{baseUrl}}"],
        path: segments,
        query: inQuery.map(({ name, description, example, required }) => ({
          key: name,
          value: String(example ?? ""),
          description,
          disabled: !required,
        })),
      },
    },
    // Of the request alone: its folder has none.
    ...(inPath.length > 0 && {
      event: [{
        listen: "prerequest",
        script: {
          type: "text/javascript",
          exec: inPath.map(({ name, example }) =>
            `if (!pm.variables.has("${name}")) pm.variables.set("${name}", ${JSON.stringify(String(example ?? ""))});`),
        },
      }],
    }),
  };
}

/** The token of the first scheme; a public operation has none. */
function authOf(security = []) {
  const schemes = security.flatMap((requirement) => Object.keys(requirement));
  if (schemes.length === 0) return { type: "noauth" };
  const value = schemes[0] === "admin" ? "{{adminToken}}" : "{{token}}";
  return { type: "bearer", bearer: [{ key: "token", value, type: "string" }] };
}

function exampleOf(part) {
  return part?.content?.["application/json"]?.example;
}

/** Reads that need no token and no id of another answer, and the post of an activity. */
function k6() {
  const reads = groups.flatMap(({ operations }) => operations)
    .filter(({ method, route, parameters = [], security = [] }) =>
      method === "get" && route.startsWith("/api/") && !route.includes("{uuid}") && !route.startsWith("/api/dev/")
      && (security.length === 0 || security.some((requirement) => Object.keys(requirement).length === 0))
      && parameters.every((parameter) => !parameter.required || parameter.example !== undefined))
    .map(({ route, operationId, parameters = [] }) => ({ name: operationId, address: addressOf(route, parameters) }));
  const create = document.paths["/api/activities"].post;
  return `// Load on the public reads of the API, and with WRITES=true on the post of an activity. Generated from the OpenAPI
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

const READS = ${JSON.stringify(reads, null, 2)};

export default function () {
  for (const { name, address } of READS) {
    const response = http.get(BASE_URL + address, { headers: authorization(), tags: { name } });
    check(response, { [\`\${name} responds 200\`]: ({ status }) => status === 200 });
  }
  if (__ENV.WRITES === "true") {
    const body = JSON.stringify(${JSON.stringify(exampleOf(create.requestBody))});
    const headers = { ...authorization(), "Content-Type": "application/json" };
    const response = http.post(\`\${BASE_URL}/api/activities\`, body, { headers, tags: { name: "${create.operationId}" } });
    check(response, { "${create.operationId} responds 200": ({ status }) => status === 200 });
  }
}

function authorization() {
  return TOKEN ? { Authorization: \`Bearer \${TOKEN}\` } : {};
}
`;
}

function addressOf(route, parameters) {
  const filled = route.replace(/\{(\w+)\}/g, (_, name) => parameters.find((parameter) => parameter.name === name).example);
  const query = parameters.filter((parameter) => parameter.in === "query" && parameter.required)
    .map(({ name, example }) => `${name}=${encodeURIComponent(example)}`);
  return query.length > 0 ? `${filled}?${query.join("&")}` : filled;
}
