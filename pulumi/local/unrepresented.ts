/** What the emulator cannot represent: by type and input, with the reason why nothing is lost by leaving it out. */
export const UNREPRESENTED: Record<string, Record<string, string>> = {
  "aws:s3/bucket:Bucket": {
    forceDestroy: "says how the bucket is deleted; the emulator's state is dropped as a whole",
  },
  "aws:kms/key:Key": {
    deletionWindowInDays: "says how the key is deleted; the emulator's state is dropped as a whole",
  },
  "aws:apigateway/deployment:Deployment": {
    triggers: "says when to deploy again; the local stack is deployed once",
  },
};
