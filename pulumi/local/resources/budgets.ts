import type {
  BudgetType,
  ComparisonOperator,
  NotificationType,
  ThresholdType,
  TimeUnit,
} from "@aws-sdk/client-budgets";
import { ACCOUNT_ID } from "../clients";
import type { Creators } from "../resource";

export const budgets: Creators = {
  "aws:budgets/budget:Budget": (BudgetName, inputs) => {
    const Budget = {
      BudgetName,
      BudgetType: inputs.string("budgetType") as BudgetType,
      TimeUnit: inputs.string("timeUnit") as TimeUnit,
      BudgetLimit: { Amount: inputs.string("limitAmount"), Unit: inputs.string("limitUnit") },
    };
    const NotificationsWithSubscribers = inputs.list("notifications", (notification) => ({
      Notification: {
        NotificationType: notification.string("notificationType") as NotificationType,
        ComparisonOperator: notification.string("comparisonOperator") as ComparisonOperator,
        Threshold: notification.number("threshold"),
        ThresholdType: notification.string("thresholdType") as ThresholdType,
      },
      Subscribers: (notification.strings("subscriberEmailAddresses") ?? []).map((Address) => ({
        SubscriptionType: "EMAIL" as const,
        Address,
      })),
    }));
    return async ({ budgets }) => {
      await budgets.createBudget({ AccountId: ACCOUNT_ID, Budget, NotificationsWithSubscribers });
      return { id: `${ACCOUNT_ID}:${BudgetName}`, outputs: { name: BudgetName } };
    };
  },
};
