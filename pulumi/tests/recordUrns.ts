/** Records the resources that the program has gained. */
import { recordUrns } from "./urns";

recordUrns();
