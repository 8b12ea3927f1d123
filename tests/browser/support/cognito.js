// A user pool as far as signing in goes: the hosted page, which asks nothing, the token endpoint,
// which checks the proof of PKCE, and the keys.

import { createHash, createSign, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const CLIENT = "client-of-the-tests";
const KEY_ID = "key-of-the-tests";

export class Cognito {
  /** Signs everybody in as the user with this id. */
  static async start(subject) {
    const cognito = new Cognito();
    cognito.subject = subject;
    cognito.keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
    cognito.server = createServer((request, response) => cognito.#answer(request, response));
    cognito.server.listen(0, "127.0.0.1");
    await once(cognito.server, "listening");
    cognito.url = `http://127.0.0.1:${cognito.server.address().port}`;
    return cognito;
  }

  /** What a server needs to believe this pool. */
  get settings() {
    return {
      AWS_COGNITO_USER_POOL_ID: "us-east-1_tests",
      AWS_COGNITO_USER_POOL_CLIENT_ID: CLIENT,
      COGNITO_ISSUER: this.url,
      COGNITO_JWKS_URL: `${this.url}/jwks.json`,
      COGNITO_DOMAIN: this.url,
    };
  }

  end() {
    this.server.closeAllConnections?.();
    this.server.close();
  }

  async #answer(request, response) {
    const { pathname, searchParams: query } = new URL(request.url, this.url);
    if (pathname === "/jwks.json") {
      const key = this.keys.publicKey.export({ format: "jwk" });
      return json(response, { keys: [{ ...key, kid: KEY_ID, alg: "RS256", use: "sig" }] });
    }
    if (pathname === "/oauth2/authorize") {
      this.challenge = query.get("code_challenge");
      this.asked = Object.fromEntries(query);
      const back = `${query.get("redirect_uri")}?code=a-code&state=${query.get("state")}`;
      return response.writeHead(302, { Location: back }).end();
    }
    if (pathname === "/logout") {
      return response.writeHead(302, { Location: query.get("logout_uri") }).end();
    }
    return this.#exchange(new URLSearchParams(await read(request)), response);
  }

  #exchange(form, response) {
    const proof = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    const isGood = proof === this.challenge && form.get("code") === "a-code" && form.get("client_id") === CLIENT;
    if (!isGood) return json(response, { error: "invalid_grant" }, 400);
    return json(response, { access_token: this.#token(), token_type: "Bearer", expires_in: 3600 });
  }

  #token() {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      sub: this.subject, iss: this.url, client_id: CLIENT, token_use: "access", iat: now, exp: now + 3_600,
    };
    const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const signed = `${encode({ alg: "RS256", kid: KEY_ID })}.${encode(claims)}`;
    return `${signed}.${createSign("RSA-SHA256").update(signed).sign(this.keys.privateKey, "base64url")}`;
  }
}

function json(response, body, status = 200) {
  response.writeHead(status, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" });
  response.end(JSON.stringify(body));
}

async function read(request) {
  const chunks = await request.toArray();
  return Buffer.concat(chunks).toString();
}
