// An emulated AWS Lambda for one function: Cognito invokes the function, and the real program gets the
// event from the runtime API.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const RUNTIME = "/2018-06-01/runtime/invocation";

export class Lambda {
  name = "post-confirmation";
  /** The events that the program has received, oldest first. */
  invocations = [];
  #pendingEvents = [];
  #idleRuntimes = [];
  #invokers = new Map();

  static async start() {
    const lambda = new Lambda();
    lambda.server = createServer((request, response) => lambda.#respond(request, response));
    lambda.server.listen(0, "127.0.0.1");
    await once(lambda.server, "listening");
    return lambda;
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  /** Starts the program as the function's runtime. */
  run(program, settings) {
    this.process = spawn(program, [], {
      env: {
        AWS_LAMBDA_RUNTIME_API: new URL(this.url).host,
        AWS_LAMBDA_FUNCTION_NAME: this.name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
        AWS_LAMBDA_FUNCTION_VERSION: "1",
        AWS_LAMBDA_LOG_GROUP_NAME: "group",
        AWS_LAMBDA_LOG_STREAM_NAME: "stream",
        ...settings,
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
  }

  async end() {
    this.process?.kill();
    this.server.closeAllConnections();
    this.server.close();
  }

  async #respond(request, response) {
    const body = await text(request);
    if (request.url.endsWith("/invocations")) {
      const id = String(this.#invokers.size + 1);
      this.#invokers.set(id, response);
      this.#pendingEvents.push({ id, body });
    } else if (request.url === `${RUNTIME}/next`) {
      this.#idleRuntimes.push(response);
    } else {
      const [, id, outcome] = request.url.match(/invocation\/(\d+)\/(response|error)$/);
      const failed = outcome === "error" ? { "X-Amz-Function-Error": "Unhandled" } : {};
      this.#invokers.get(id).writeHead(200, failed).end(body);
      response.writeHead(202).end();
    }
    this.#dispatch();
  }

  #dispatch() {
    while (this.#pendingEvents.length > 0 && this.#idleRuntimes.length > 0) {
      const { id, body } = this.#pendingEvents.shift();
      this.invocations.push(JSON.parse(body));
      const headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": id,
        "Lambda-Runtime-Deadline-Ms": String(Date.now() + 5_000),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:local:0:function:post-confirmation",
      };
      this.#idleRuntimes.shift().writeHead(200, headers).end(body);
    }
  }
}
