// Cognito, emulated by the npm package cognito-local: a process on loopback, with a temporary
// directory. Its post-confirmation trigger invokes the given Lambda.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { until } from "../../browser/support/server.js";

const PROGRAM = fileURLToPath(new URL("../node_modules/cognito-local/lib/bin/start.js", import.meta.url));
const PASSWORD = "Correct-Horse-Battery-9";
/** The confirmation code that the emulator sends on every sign-up. */
const CODE = "123456";

export class Cognito {
  static async start(lambda) {
    const cognito = new Cognito();
    cognito.folder = await mkdtemp(path.join(tmpdir(), "cruddur-cognito-"));
    cognito.port = await freePort();
    await mkdir(path.join(cognito.folder, ".cognito"));
    await writeFile(path.join(cognito.folder, ".cognito/config.json"), JSON.stringify({
      LambdaClient: { endpoint: lambda.url, region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" } },
      TriggerFunctions: { PostConfirmation: lambda.name },
      TokenConfig: { IssuerDomain: cognito.url },
      ServerConfig: { hostname: "127.0.0.1", port: cognito.port },
    }));
    cognito.process = spawn(process.execPath, [PROGRAM], {
      cwd: cognito.folder,
      env: { PATH: process.env.PATH, CODE, AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: "1" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    let code;
    cognito.process.stderr.on("data", (chunk) => { errors += chunk; });
    cognito.process.once("exit", (exitCode) => { code = exitCode; });
    await until(async () => code !== undefined || (await fetch(`${cognito.url}/health`)).ok, "the emulator answers");
    if (code !== undefined) throw new Error(`the emulator ended with ${code}: ${errors}`);
    const { UserPool } = await cognito.call("CreateUserPool", { PoolName: "cruddur" });
    cognito.pool = UserPool.Id;
    const { UserPoolClient } = await cognito.call("CreateUserPoolClient", {
      ClientName: "web", UserPoolId: cognito.pool, ExplicitAuthFlows: ["USER_PASSWORD_AUTH"],
    });
    cognito.client = UserPoolClient.ClientId;
    return cognito;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The server's settings for this pool. */
  get settings() {
    const issuer = `${this.url}/${this.pool}`;
    return {
      AWS_COGNITO_USER_POOL_ID: this.pool,
      AWS_COGNITO_USER_POOL_CLIENT_ID: this.client,
      COGNITO_ISSUER: issuer,
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
    };
  }

  async signUp(handle) {
    await this.call("SignUp", {
      ClientId: this.client, Username: email(handle), Password: PASSWORD, UserAttributes: attributes(handle),
    });
  }

  /** Confirms a sign-up, which invokes the trigger. */
  async confirm(handle) {
    await this.call("ConfirmSignUp", { ClientId: this.client, Username: email(handle), ConfirmationCode: CODE });
  }

  /** Creates a user as a pool administrator, which invokes no trigger. */
  async create(handle) {
    const user = { UserPoolId: this.pool, Username: email(handle) };
    await this.call("AdminCreateUser", { ...user, UserAttributes: attributes(handle), MessageAction: "SUPPRESS" });
    await this.call("AdminSetUserPassword", { ...user, Password: PASSWORD, Permanent: true });
  }

  /** Signs a user in and returns the tokens. */
  async signIn(handle) {
    const { AuthenticationResult } = await this.call("InitiateAuth", {
      ClientId: this.client,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: email(handle), PASSWORD },
    });
    return { access: AuthenticationResult.AccessToken, id: AuthenticationResult.IdToken };
  }

  async call(action, body) {
    const response = await fetch(this.url, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
        Authorization: "AWS4-HMAC-SHA256 Credential=local",
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${action}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : {};
  }

  async end() {
    this.process.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The user name is the email address, as in the bootcamp's client. */
function email(handle) {
  return `${handle}@example.com`;
}

function attributes(handle) {
  return [
    { Name: "preferred_username", Value: handle },
    { Name: "name", Value: `The ${handle}` },
    { Name: "email", Value: email(handle) },
  ];
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
