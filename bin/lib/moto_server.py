"""Starts moto, an AWS emulator, on a free port of this machine, and prints the port.

Adds what moto lacks and the commands need: offers of PostgreSQL, containers that end,
outputs of nested stacks, and stand-ins for the resources that its CloudFormation cannot create.
"""
import os
import sys

from moto.cloudformation.models import ChangeSet, Stack
from moto.core.common_models import CloudFormationModel
from moto.ecs.models import EC2ContainerServiceBackend
from moto.elbv2.models import FakeLoadBalancer, FakeTargetGroup
from moto.rds.models import DBInstance, RDSBackend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


def offers(self, engine, engine_version):
    zones = [{"Name": self.region_name + zone} for zone in "ab"]
    return [
        {"Engine": engine, "EngineVersion": version, "DBInstanceClass": class_, "StorageType": storage,
         "AvailabilityZones": zones}
        for version in ("14.9", "14.20", "17.6")
        for class_ in ("db.t3.micro", "db.t4g.micro")
        for storage in ("gp2", "gp3")
    ]


describe_tasks = EC2ContainerServiceBackend.describe_tasks


def ended_tasks(self, cluster_str, tasks):
    """Every task has ended; FAIL_MIGRATIONS names a file whose existence makes their containers fail."""
    code = 1 if os.path.exists(os.environ.get("FAIL_MIGRATIONS", "/none")) else 0
    found = describe_tasks(self, cluster_str, tasks)
    for task in found:
        definition = self.describe_task_definition(task.task_definition_arn)
        task.last_status = "STOPPED"
        task.containers = [
            {"name": container.get("name", container.get("Name")), "exitCode": code} for container in definition.container_definitions
        ]
    return found


class StandIn(CloudFormationModel):
    """A resource that moto's CloudFormation cannot create: it has its name and these attributes, and does nothing."""

    # moto reads the name of the service from it.
    __module__ = "moto.stand_ins"
    attributes = {}

    def __init__(self, name):
        self.name = name

    @property
    def physical_resource_id(self):
        return self.name

    @staticmethod
    def cloudformation_name_type():
        return ""

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr in cls.attributes

    def get_cfn_attribute(self, attribute):
        return self.attributes[attribute].format(name=self.name)

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, *_arguments, **_keywords):
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, *_arguments):
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(cls, *_arguments):
        pass


# docs/guide/aws.md lists them.
STAND_INS = {
    "AWS::CloudFront::Distribution": {"DomainName": "d111111abcdef8.cloudfront.net"},
    "AWS::CloudFront::VpcOrigin": {},
    "AWS::CloudWatch::Alarm": {},
    "AWS::Cognito::UserPool": {"Arn": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{name}"},
    "AWS::Cognito::UserPoolClient": {},
    "AWS::Cognito::UserPoolDomain": {},
    "AWS::Cognito::UserPoolGroup": {},
    "AWS::EC2::SecurityGroupEgress": {},
    "AWS::SecretsManager::Secret": {},
}
# moto finds the direct subclasses of CloudFormationModel, and keeps none of them alive.
stand_ins = [
    type(type_, (StandIn, CloudFormationModel), {
        "__module__": "moto.stand_ins", "attributes": attributes,
        "cloudformation_type": staticmethod(lambda type_=type_: type_)})
    for type_, attributes in STAND_INS.items()
]


def output_of_nested_stack(self, attribute):
    return self.output_map[attribute.removeprefix("Outputs.")].value


apply = ChangeSet.apply


def apply_with_outputs(self):
    """Also gives the stack the outputs and the parameters of the change set."""
    self.stack.template_dict = self.template_dict
    self.stack.parameters = self.parameters
    apply(self)
    self.stack.output_map = self.stack._create_output_map()


create_db_instance = RDSBackend.create_db_instance


def create_database(self, options):
    """With the name of the parameter group in place of the group, as moto's CloudFormation passes it."""
    group = options.get("db_parameter_group_name")
    return create_db_instance(self, {**options, "db_parameter_group_name": getattr(group, "name", group)})


get_database_attribute = DBInstance.get_cfn_attribute


def attribute_of_database(self, name):
    """Also the password's secret, which moto's CloudFormation does not make, and the id in policies."""
    if name == "MasterUserSecret.SecretArn":
        if not hasattr(self, "master_user_secret"):
            self.update(manage_master_user_password=True)
        return self.master_user_secret.secret_arn
    if name == "DbiResourceId":
        return self.dbi_resource_id
    return get_database_attribute(self, name)


get_balancer_attribute = FakeLoadBalancer.get_cfn_attribute


def attribute_of_balancer(self, name):
    if name == "LoadBalancerFullName":
        return self.arn.split(":loadbalancer/")[1]
    return get_balancer_attribute(self, name)


FakeLoadBalancer.has_cfn_attr = classmethod(lambda cls, attr: True)
FakeLoadBalancer.get_cfn_attribute = attribute_of_balancer
FakeTargetGroup.get_cfn_attribute = lambda self, name: self.arn.split(":")[-1]
DBInstance.has_cfn_attr = classmethod(lambda cls, attr: True)
DBInstance.get_cfn_attribute = attribute_of_database
Stack.get_cfn_attribute = output_of_nested_stack
ChangeSet.apply = apply_with_outputs
RDSBackend.create_db_instance = create_database
RDSBackend.describe_orderable_db_instance_options = offers
EC2ContainerServiceBackend.describe_tasks = ended_tasks
# moto adds up the memory of containers, which those on Fargate do not have.
EC2ContainerServiceBackend._calculate_task_resource_requirements = lambda self, task_definition: {
    "CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}

server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.port)
sys.stdout.flush()
server.serve_forever()
