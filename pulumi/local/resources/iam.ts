import type { Creators } from "../resource";

export const iam: Creators = {
  "aws:iam/role:Role": (RoleName, inputs) => {
    const AssumeRolePolicyDocument = inputs.string("assumeRolePolicy");
    return async ({ iam }) => {
      const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument });
      return { id: RoleName, outputs: { name: RoleName, arn: Role?.Arn } };
    };
  },
  "aws:iam/rolePolicy:RolePolicy": (PolicyName, inputs) => {
    const RoleName = inputs.string("role");
    const PolicyDocument = inputs.string("policy");
    return async ({ iam }) => {
      await iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument });
      return { id: `${RoleName}:${PolicyName}`, outputs: { name: PolicyName } };
    };
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (name, inputs) => {
    const RoleName = inputs.string("role");
    const PolicyArn = inputs.string("policyArn");
    return async ({ iam }) => {
      await iam.attachRolePolicy({ RoleName, PolicyArn });
      return { id: name };
    };
  },
};
