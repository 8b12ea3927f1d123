"""Looks at the resources that bin/test-stack has created in the emulator, as an auditor would. Prints ok."""
import ast

import boto3


def stacks():
    """Each nested stack's resources, by their logical ids."""
    cloudformation = boto3.client("cloudformation")
    found = {}
    for stack in cloudformation.describe_stacks()["Stacks"]:
        resources = cloudformation.describe_stack_resources(StackName=stack["StackName"])["StackResources"]
        for resource in resources:
            found[resource.get("LogicalResourceId")] = resource.get("PhysicalResourceId")
    return found


resources = stacks()
ec2 = boto3.client("ec2")

# The network: two zones, and only the public subnets have a route to the internet.
subnets = [resources[name] for name in ("PublicSubnetA", "PublicSubnetB", "PrivateSubnetA", "PrivateSubnetB")]
zones = [subnet["AvailabilityZone"] for subnet in ec2.describe_subnets(SubnetIds=subnets)["Subnets"]]
assert len(set(zones)) == 2, zones
tables = {table["RouteTableId"]: table for table in ec2.describe_route_tables()["RouteTables"]}
assert any(route.get("GatewayId", "").startswith("igw-") for route in tables[resources["PublicRoutes"]]["Routes"])
assert all(route.get("GatewayId") == "local" for route in tables[resources["PrivateRoutes"]]["Routes"])

# No group admits the internet, and the database admits the servers and the trigger only.
groups = {group["GroupId"]: group for group in ec2.describe_security_groups()["SecurityGroups"]}
for name in ("LoadBalancerGroup", "ServerGroup", "TriggerGroup", "SecurityGroup"):
    for rule in groups[resources[name]]["IpPermissions"]:
        assert not rule["IpRanges"] and not rule["Ipv6Ranges"], (name, rule)
admitted = {pair["GroupId"] for rule in groups[resources["SecurityGroup"]]["IpPermissions"]
            for pair in rule["UserIdGroupPairs"]}
assert admitted == {resources["ServerGroup"], resources["TriggerGroup"]}, admitted
assert not groups[resources["TriggerGroup"]]["IpPermissions"]

# The load balancer is not on the internet.
balancers = boto3.client("elbv2")
balancer, = balancers.describe_load_balancers(LoadBalancerArns=[resources["LoadBalancer"]])["LoadBalancers"]
assert balancer["Scheme"] == "internal"
target, = balancers.describe_target_groups(TargetGroupArns=[resources["Servers"]])["TargetGroups"]
assert target["HealthCheckPath"] == "/livez" and target["TargetType"] == "ip"

# The database is private, encrypted and backed up.
database, = boto3.client("rds").describe_db_instances(DBInstanceIdentifier=resources["Database"])["DBInstances"]
assert database["StorageEncrypted"] and not database["PubliclyAccessible"]
assert database["BackupRetentionPeriod"] == 7

# The trigger has no password.
trigger = boto3.client("lambda").get_function(FunctionName=resources["Trigger"])["Configuration"]
variables = trigger["Environment"]["Variables"]
assert variables["DATABASE_AUTH"] == "iam" and variables["CONNECTION_URL"].startswith("postgresql://cruddur_trigger@")
assert len(trigger["VpcConfig"]["SubnetIds"]) == 2

# The tasks: secrets by reference only, the migrations in their order.
ecs = boto3.client("ecs")
server = ecs.describe_task_definition(taskDefinition=resources["Server"])["taskDefinition"]
container, = server["containerDefinitions"]
assert container["healthCheck"]["command"] == ["CMD", "cruddur", "healthcheck"]
assert [secret["name"] for secret in container["secrets"]] == ["ADMIN_TOKEN"]
migration = ecs.describe_task_definition(taskDefinition=resources["Migration"])["taskDefinition"]
commands = [" ".join(container["command"]) for container in migration["containerDefinitions"]]
assert commands == [
    "db migrate", "db grant cruddur_app --for server --iam", "db grant cruddur_trigger --for trigger --iam"], commands
assert "taskRoleArn" not in migration or not migration["taskRoleArn"]

# No role may do everything of a service, and "*" is a resource only of what AWS grants on nothing less.
WITHOUT_RESOURCE = {"ecr:GetAuthorizationToken"} | {
    f"ec2:{action}" for action in (
        "CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface",
        "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses")}
iam = boto3.client("iam")
for name in ("ServerStart", "MigrationStart", "ServerRole", "TriggerRole"):
    for policy in iam.list_role_policies(RoleName=resources[name])["PolicyNames"]:
        document = iam.get_role_policy(RoleName=resources[name], PolicyName=policy)["PolicyDocument"]
        # moto's CloudFormation stores the document as Python writes it.
        document = ast.literal_eval(document) if isinstance(document, str) else document
        for statement in document["Statement"]:
            actions = statement["Action"]
            actions = [actions] if isinstance(actions, str) else actions
            assert not any("*" in action for action in actions), (name, actions)
            if statement["Resource"] == "*":
                assert set(actions) <= WITHOUT_RESOURCE, (name, actions)
print("ok")
