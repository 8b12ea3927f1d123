"""Compares the policies of infra/policies with what AWS asks of an operator who creates, updates and deletes the stack.

AWS's schema of each type of resource, which cfn-lint contains, lists the permissions that CloudFormation uses for it.
The policies must allow exactly these, less those of features that no template uses, and the requests of bin/stack itself.
Without an argument prints ok or the differences; with --list prints the permissions that CloudFormation uses.
"""
import fnmatch
import glob
import json
import pathlib
import re
import sys

import cfnlint

# The requests of bin/stack, by its parts.
DIRECT = """
cloudformation:CreateChangeSet cloudformation:DescribeChangeSet cloudformation:ExecuteChangeSet
cloudformation:DescribeStacks cloudformation:DescribeStackEvents cloudformation:DescribeStackResources
cloudformation:GetTemplateSummary cloudformation:UpdateStack cloudformation:DeleteStack
s3:CreateBucket s3:ListBucket s3:PutBucketPublicAccessBlock s3:PutObject s3:GetObject s3:DeleteObject s3:DeleteBucket
ecr:GetAuthorizationToken ecr:DescribeRepositories ecr:CreateRepository ecr:TagResource ecr:DeleteRepository
ecr:DescribeImages ecr:BatchCheckLayerAvailability ecr:InitiateLayerUpload ecr:UploadLayerPart
ecr:CompleteLayerUpload ecr:PutImage ecr:BatchGetImage
ec2:DescribeAvailabilityZones ec2:DescribeManagedPrefixLists ec2:GetManagedPrefixListEntries
ecs:RunTask ecs:DescribeTasks ecs:DescribeServices iam:PassRole
logs:FilterLogEvents cloudwatch:DescribeAlarms rds:DescribeDBSnapshots
""".split()

# Features that no template uses, as patterns of their permissions.
UNUSED = """
cloudformation:*StackPolicy cloudformation:UpdateTerminationProtection cloudformation:GetTemplate
ec2:*VpcEncryptionControl* ec2:ModifyVpcTenancy ec2:*SubnetCidrBlock ec2:*VpnGateway* ec2:AcceptAddressTransfer
ec2:*PrivateNatGatewayAddress ec2:*ateNatGatewayAddress ec2:DescribeIpamPools ec2:DescribeInstances
rds:*Role*DBInstance rds:CreateDBInstanceReadReplica rds:PromoteReadReplica rds:Restore* rds:St*Replication
rds:DescribeDBCluster* rds:ResetDBParameterGroup
iam:*PermissionsBoundary iam:*GroupPolicy iam:*UserPolicy iam:AttachRolePolicy iam:DetachRolePolicy iam:ListRoles
lambda:*CodeSigningConfig lambda:*Concurrency lambda:PutFunctionRecursionConfig lambda:PutRuntimeManagementConfig
lambda:*ScalingConfig lambda:GetLayerVersion lambda:PublishVersion lambda:AssociateRuntimeAlias
lambda:PassCapacityProvider elasticfilesystem:* s3files:* kms:Decrypt kms:Encrypt kms:GenerateDataKey* kms:ReEncrypt*
s3:GetObjectVersion s3:REST.PUT.OBJECT firehose:* logs:*KmsKey logs:CreateLogDelivery logs:*DataProtectionPolicy
logs:*Ind*Polic* logs:*ResourcePolic* logs:PutBearerTokenAuthentication logs:PutLogGroupDeletionProtection
cognito-idp:AddCustomAttributes cognito-idp:ListUserPoolClientSecrets cloudfront:updateDistribution
elasticloadbalancing:*CapacityReservation elasticloadbalancing:ModifyIpPools elasticloadbalancing:*gisterTargets
elasticloadbalancing:SetIpAddressType cloudfront:*ConnectionGroup cloudfront:UpdateDistributionWithStagingConfig
sts:AssumeRole ecs:PutAccountSetting* ecs:PutClusterCapacityProviders ecs:UpdateCluster*
secretsmanager:*Repl* secretsmanager:GetSecretValue sns:*DataProtectionPolicy
""".split()


def templates():
    return [path.read_text() for path in pathlib.Path("infra").glob("*.yml") if path.name != "workspace.yml"]


def used_by_cloudformation():
    types = {type_ for text in templates() for type_ in re.findall(r"Type: (AWS::\w+::\w+)$", text, re.MULTILINE)}
    types = {type_ for type_ in types if not type_.endswith(("::Id", "::Name"))}
    folder = pathlib.Path(cfnlint.__file__).parent / "data/schemas/resources"
    used, found = set(), set()
    for path in glob.glob(str(folder / "*.json")):
        schema = json.loads(pathlib.Path(path).read_text())
        if schema["typeName"] in types:
            found.add(schema["typeName"])
            for action in ("create", "read", "update", "delete"):
                used.update(schema.get("handlers", {}).get(action, {}).get("permissions", []))
    assert found == types, f"no schema of {types - found}"
    return {action for action in used if not any(fnmatch.fnmatchcase(action, pattern) for pattern in UNUSED)}


def allowed():
    actions = set()
    for path in pathlib.Path("infra/policies").glob("*.json"):
        for statement in json.loads(path.read_text())["Statement"]:
            actions.update(statement["Action"])
    return actions


if __name__ == "__main__":
    if "--list" in sys.argv:
        print("\n".join(sorted(used_by_cloudformation())))
        sys.exit()
    needed = used_by_cloudformation() | set(DIRECT)
    missing, superfluous = sorted(needed - allowed()), sorted(allowed() - needed)
    if missing or superfluous:
        sys.exit(f"missing: {missing}\nnot needed: {superfluous}")
    print("ok")
