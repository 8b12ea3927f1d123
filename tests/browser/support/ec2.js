// An emulated EC2 API with one security-group rule, and others that a test adds.

import { once } from "node:events";
import { createServer } from "node:http";

const GROUP = "sg-0123456789abcdef0";
const RULE = "sgr-0123456789abcdef0";

export class Ec2 {
  /** Its rule allows `cidr`. */
  static async start(cidr) {
    const ec2 = new Ec2();
    ec2.cidr = cidr;
    /** Refuses changes, as EC2 does where the policy permits reads only. */
    ec2.isReadOnly = false;
    /** Ranges that further rules allow. */
    ec2.others = [];
    ec2.server = createServer((request, response) => ec2.#respond(request, response));
    ec2.server.listen(0, "127.0.0.1");
    await once(ec2.server, "listening");
    return ec2;
  }

  /** The server's settings for this rule; `address` is the server's public address. */
  settings(address) {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${this.server.address().port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      DB_SG_ID: GROUP,
      DB_SG_RULE_ID: RULE,
      PUBLIC_IP: address,
    };
  }

  end() {
    this.server.closeAllConnections?.();
    this.server.close();
  }

  async #respond(request, response) {
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    const action = form.get("Action");
    if (action === "ModifySecurityGroupRules" && form.get("DryRun") === "true") {
      return error(response, "DryRunOperation");
    }
    if (action === "ModifySecurityGroupRules" && this.isReadOnly) {
      return error(response, "UnauthorizedOperation");
    }
    if (action === "ModifySecurityGroupRules") {
      this.cidr = form.get("SecurityGroupRule.1.SecurityGroupRule.CidrIpv4");
      return xml(response, `<${action}Response><return>true</return></${action}Response>`);
    }
    const rules = [rule(RULE, this.cidr), ...this.others.map((cidr, index) => rule(`sgr-other${index}`, cidr))];
    return xml(response, `<${action}Response><securityGroupRuleSet>${rules.join("")}</securityGroupRuleSet></${action}Response>`);
  }
}

function rule(id, cidr) {
  return `<item><securityGroupRuleId>${id}</securityGroupRuleId><groupId>${GROUP}</groupId>` +
    "<groupOwnerId>123456789012</groupOwnerId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol>" +
    `<fromPort>5432</fromPort><toPort>5432</toPort><cidrIpv4>${cidr}</cidrIpv4>` +
    "<description>GITPOD</description></item>";
}

function error(response, code) {
  xml(response, `<Response><Errors><Error><Code>${code}</Code><Message>${code}</Message></Error></Errors></Response>`, 412);
}

function xml(response, body, status = 200) {
  response.writeHead(status, { "Content-Type": "text/xml" });
  response.end(body);
}
