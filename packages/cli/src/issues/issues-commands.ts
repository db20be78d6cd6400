import { changeCommands } from "./change-issues.ts";
import { listCommand } from "./list-issues.ts";
import { showCommand } from "./show-issue.ts";

export const issuesCommands = [listCommand, showCommand, ...changeCommands];
