// An emulated Cognito user pool: the hosted UI, which signs in without a password, the token endpoint,
// which checks the PKCE verifier, the JWKS, and GetUser.

import { createHash, createSign, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const CLIENT = "client-of-the-tests";
const KEY_ID = "key-of-the-tests";
/** The scope of a token with which GetUser can be called. */
const GET_USER_SCOPE = "aws.cognito.signin.user.admin";

export class Cognito {
  /** Every sign-in is as the user with this id. `scopes` are those that the app client allows. */
  static async start(subject, scopes) {
    const cognito = new Cognito();
    cognito.subject = subject;
    cognito.scopes = scopes;
    cognito.keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
    cognito.server = createServer((request, response) => cognito.#respond(request, response));
    cognito.server.listen(0, "127.0.0.1");
    await once(cognito.server, "listening");
    cognito.url = `http://127.0.0.1:${cognito.server.address().port}`;
    return cognito;
  }

  /** The server's settings for this pool. */
  get settings() {
    return {
      AWS_COGNITO_USER_POOL_ID: "us-east-1_tests",
      AWS_COGNITO_USER_POOL_CLIENT_ID: CLIENT,
      COGNITO_ISSUER: this.url,
      COGNITO_JWKS_URL: `${this.url}/jwks.json`,
      COGNITO_DOMAIN: this.url,
      AWS_ENDPOINT_URL: this.url,
    };
  }

  end() {
    this.server.closeAllConnections?.();
    this.server.close();
  }

  async #respond(request, response) {
    const { pathname, searchParams: query } = new URL(request.url, this.url);
    if (pathname === "/jwks.json") {
      const key = this.keys.publicKey.export({ format: "jwk" });
      return json(response, { keys: [{ ...key, kid: KEY_ID, alg: "RS256", use: "sig" }] });
    }
    if (pathname === "/oauth2/authorize") {
      this.challenge = query.get("code_challenge");
      this.authorizeQuery = Object.fromEntries(query);
      const isAllowed = query.get("scope").split(" ").every((scope) => this.scopes.includes(scope));
      const result = isAllowed ? "code=a-code" : "error=invalid_scope";
      const redirect = `${query.get("redirect_uri")}?${result}&state=${query.get("state")}`;
      return response.writeHead(302, { Location: redirect }).end();
    }
    if (pathname === "/logout") {
      return response.writeHead(302, { Location: query.get("logout_uri") }).end();
    }
    const body = await readBody(request);
    if (request.headers["x-amz-target"]?.endsWith(".GetUser")) return this.#getUser(JSON.parse(body), response);
    return this.#exchange(new URLSearchParams(body), response);
  }

  #getUser({ AccessToken: token }, response) {
    const { sub, scope } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
    if (!scope.split(" ").includes(GET_USER_SCOPE)) return json(response, { __type: "NotAuthorizedException" }, 400);
    const attributes = { sub, name: "New User", preferred_username: "new_user", email: "new@example.com" };
    return json(response, {
      Username: sub, UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
    });
  }

  #exchange(form, response) {
    const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    const isValid = challenge === this.challenge && form.get("code") === "a-code" && form.get("client_id") === CLIENT;
    if (!isValid) return json(response, { error: "invalid_grant" }, 400);
    return json(response, { access_token: this.#token(), token_type: "Bearer", expires_in: 3600 });
  }

  #token() {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      sub: this.subject, iss: this.url, client_id: CLIENT, token_use: "access", iat: now, exp: now + 3_600,
      scope: this.authorizeQuery.scope,
    };
    const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const signingInput = `${encode({ alg: "RS256", kid: KEY_ID })}.${encode(claims)}`;
    return `${signingInput}.${createSign("RSA-SHA256").update(signingInput).sign(this.keys.privateKey, "base64url")}`;
  }
}

function json(response, body, status = 200) {
  response.writeHead(status, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" });
  response.end(JSON.stringify(body));
}

async function readBody(request) {
  const chunks = await request.toArray();
  return Buffer.concat(chunks).toString();
}
