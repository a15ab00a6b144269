import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface BudgetArgs {
  readonly monthlyUsd: number;
  /** Who is notified. */
  readonly email: string;
}

/**
 * Notifies when the account's month costs more than planned, or is forecast to. It limits nothing, and AWS updates the
 * costs at most three times a day: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
 */
export class Budget extends pulumi.ComponentResource {
  constructor(name: string, args: BudgetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Budget", name, {}, opts);
    const notification = (notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
      notificationType,
      comparisonOperator: "GREATER_THAN",
      threshold,
      thresholdType: "PERCENTAGE",
      subscriberEmailAddresses: [args.email],
    });
    new aws.budgets.Budget(
      name,
      {
        // Of the whole account: a filter by tag would count nothing until someone activates the tag for cost allocation.
        // https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
        budgetType: "COST",
        timeUnit: "MONTHLY",
        limitAmount: String(args.monthlyUsd),
        limitUnit: "USD",
        notifications: [
          notification("ACTUAL", 50),
          notification("ACTUAL", 100),
          notification("FORECASTED", 100),
        ],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
