import { readFile } from "node:fs/promises";
import type { ApiProject, ApiProjectSettings } from "@mesher/protocol";
import { describe, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import { waitUntil } from "../src/wait-until.ts";
import { apiClient } from "./api-client.ts";
import { browserWorld } from "./browser-world.ts";
import { CHROMIUM, PAGE_WAIT_MS } from "./chromium.ts";
import { expectAccessible } from "./expect-accessible.ts";
import { openPage } from "./open-page.ts";

const OWNER = { email: "olga@example.com", password: "correct horse battery" };

const MEMBER = { email: "mia.berg@example.com", password: "correct horse battery" };
const MEMBER_PATHS = [
  "/settings/organization",
  "/settings/members",
  "/settings/teams",
  "/settings/account",
  "/projects/default/settings",
  "/projects/default/settings?tab=filters",
  "/projects/default/settings?tab=storage",
];

describe.runIf(CHROMIUM !== undefined)("settings, in a browser", () => {
  const running = browserWorld(OWNER);

  const openAs = (as: typeof OWNER, path: string, viewport = { width: 1280, height: 800 }) =>
    openPage(running.browser, running.world.server.url, { as, path, viewport });

  async function post(path: string, body: object): Promise<void> {
    const { url, token } = running.world.server;
    const response = await fetch(url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(201);
  }

  test("[UI-07] an owner invites, makes a token and a key, changes a project, and finds it in the log", async () => {
    const { server } = running.world;
    const { context, page, faults } = await openAs(OWNER, "/settings/members");
    await page.getByLabel("Email").fill("mia@example.com");
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByText(/\/join#mshr_[0-9a-f]{48}/).waitFor();
    await page.getByRole("list", { name: "Invitations" }).getByText("mia@example.com").waitFor();

    await page.goto(`${server.url}/settings/tokens`);
    await page.getByLabel("What it is for").first().fill("build");
    await page.getByRole("button", { name: "Create token" }).first().click();
    const token = await page.getByText(/^mshr_[0-9a-f]+$/).textContent();
    const answer = await fetch(`${server.url}/api/v1/projects`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);

    await page.goto(`${server.url}/projects/default/settings`);
    await page.getByRole("link", { name: "Keys", exact: true }).click();
    await page.getByLabel("New key").fill("backend");
    await page.getByRole("button", { name: "Create key" }).click();
    await page.getByRole("button", { name: "Copy DSN of backend" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Privacy" }).click();
    await page.getByRole("button", { name: "Show what would be stored" }).click();
    await page.getByText("extra.password").waitFor();
    await page.getByRole("link", { name: "Retention and storage" }).click();
    await page.getByLabel("Days an event is kept").fill("45");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved;").waitFor();
    await page.getByRole("link", { name: "Inbound filters" }).click();
    await page.getByLabel("Web crawlers").check();
    await page.getByRole("button", { name: "Show what they would have dropped" }).click();
    await page.getByText("There is no event yet to try them on.").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByLabel("Web crawlers").and(page.locator(":checked")).waitFor();
    await waitUntil("the filters to be saved", async () => {
      const { filters } = await server.get<ApiProjectSettings>("/api/v1/projects/default/settings");
      return filters.web_crawlers || undefined;
    });
    const settings = await server.get<ApiProjectSettings>("/api/v1/projects/default/settings");
    expect(settings).toMatchObject({ retention_days: 45, filters: { web_crawlers: true } });

    await page.goto(`${server.url}/settings/audit`);
    const log = page.getByRole("list", { name: "Audit log" });
    await log.getByText(OWNER.email).first().waitFor();
    // Filters stand in the address, and what a line names is one.
    await page.getByLabel("What").selectOption("Keys of projects");
    await expect.poll(() => log.getByRole("listitem").count(), { timeout: PAGE_WAIT_MS }).toBe(1);
    expect(page.url()).toContain("what=project_key.");
    await log.getByRole("link", { name: "project key created" }).click();
    await page.getByRole("button", { name: "About one project key" }).waitFor();
    await expectAccessible(page);
    await page.getByLabel("Who").fill("nobody at all");
    await page.getByLabel("Who").press("Enter");
    await page.getByText("No change matches.").waitFor();
    await page.goBack();
    await log.getByText("backend").waitFor();
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    await page.getByRole("menuitem", { name: "CSV, for a spreadsheet" }).click();
    const file = await (await downloading).path();
    expect((await readFile(file, "utf8")).trimEnd().split("\r\n")).toHaveLength(2);
    await page.goto(`${server.url}/settings/account`);
    await page.getByRole("list", { name: "Logins" }).getByText("This browser").waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test("[UI-07] organizations and projects are renamed, made, and a project is deleted by typing its name", async () => {
    const { server } = running.world;
    const { context, page, faults } = await openAs(OWNER, "/settings/organization");
    await page.getByLabel("Name of the organization").fill("Olga & Co");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByText("It is now called Olga & Co").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "New organization" }).click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Second");
    await page.getByRole("button", { name: "Create organization" }).click();
    await page.getByText("Second was created").waitFor();

    await post("/api/v1/projects", { name: "Short lived", slug: "short-lived" });
    await page.goto(`${server.url}/projects/short-lived/settings`);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Renamed");
    await page.getByRole("button", { name: "Save the names" }).click();
    await page.getByText("Renamed is saved").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Delete the project…" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByRole("button", { name: "Delete it for good" }).isDisabled()).toBe(true);
    await page.keyboard.type("short-lived");
    await page.keyboard.press("Enter");
    await page.getByText("short-lived is deleted").waitFor();
    const projects = await server.get<ApiProject[]>("/api/v1/projects");
    expect(projects.map(({ slug }) => slug)).toEqual(["default"]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("settings that somebody else has changed meanwhile are not written over, those beside them do not matter", async () => {
    const api = apiClient(running.world.server);
    const path = "projects/default/settings";
    const { body: before } = await api<ApiProjectSettings>("GET", path);
    const { context, page } = await openAs(OWNER, "/projects/default/settings?tab=filters");
    await page.getByLabel(/^Messages/).fill("mine *");
    await api("PATCH", path, { filters: { ...before.filters, messages: ["theirs *"] } });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("Somebody has changed this meanwhile.").waitFor();
    const { body: now } = await api<ApiProjectSettings>("GET", path);
    expect(now.filters.messages).toEqual(["theirs *"]);

    await page.reload();
    await page.getByLabel(/^Messages/).fill("theirs *\nmine *");
    await api("PATCH", path, { retention_days: 30 });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved; it counts").waitFor();
    await page.getByLabel(/^Messages/).fill("mine alone");
    await page.getByRole("button", { name: "Save" }).click();
    await waitUntil("it to be saved once more", async () => {
      const { body } = await api<ApiProjectSettings>("GET", path);
      return body.filters.messages.join() === "mine alone" && body.retention_days === 30;
    });
    await api("PATCH", path, { filters: before.filters, retention_days: before.retention_days });
    await context.close();
  });

  test("a team is made, gets a member and a project, an issue, another name, and is deleted by typing its own", async () => {
    const { server } = running.world;
    await sendEvent(server.dsn, { event_id: newEventId(), message: "the oven is cold" });
    const { context, page, faults } = await openAs(OWNER, "/settings/teams");
    await page.getByText("No team yet.").waitFor();
    await page.getByLabel("New team").fill("Kitchen");
    await page.getByRole("button", { name: "Create team" }).click();
    await page.getByText("Nobody is in it yet.").waitFor();
    await page.getByRole("button", { name: "Add to members of Kitchen" }).click();
    await page.getByRole("list", { name: "Members of Kitchen" }).waitFor();
    await page.getByRole("button", { name: "Add to projects of Kitchen" }).click();
    await page.getByRole("list", { name: "Projects of Kitchen" }).waitFor();
    await page.getByText("#kitchen, 1 member, 1 project").waitFor();
    await expectAccessible(page);

    await page.goto(`${server.url}/projects/default`);
    await page.getByRole("link", { name: "the oven is cold" }).click();
    await page.getByRole("button", { name: "Assign" }).click();
    await page.keyboard.type("kit");
    await page.getByRole("option", { name: "Kitchen" }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Enter");
    await page.getByText("assigned it to Kitchen").waitFor();
    await page.goto(`${server.url}/projects/default?query=${encodeURIComponent("assigned:my_teams")}`);
    await page.getByRole("img", { name: "assigned to Kitchen" }).waitFor();

    await page.goto(`${server.url}/settings/teams?open=kitchen`);
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByLabel("New name of Kitchen").fill("Bakery");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("It is now called Bakery").waitFor();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.keyboard.type("kitchen");
    await page.keyboard.press("Enter");
    await page.getByText("No team yet.").waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a member sees what a member may, changes their own account, and on a phone nothing scrolls sideways", async () => {
    const { server } = running.world;
    await post("/api/v1/users", { ...MEMBER, display_name: "Mia", role: "member" });
    const { context, page, faults } = await openAs(MEMBER, "/settings/account", { width: 390, height: 844 });
    await page.getByLabel("What others see").fill("Mia Berg");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Your name is changed").waitFor();
    await page.getByLabel("Your password").fill(MEMBER.password);
    await page.getByRole("button", { name: "Set it up" }).click();
    await page.getByRole("img", { name: "QR code for an authenticator app" }).waitFor();
    await expectAccessible(page);
    await page.goto(`${server.url}/settings/tokens`);
    await page.getByText("Your own tokens").waitFor();
    expect(await page.getByText("Tokens of the organization").count()).toBe(0);
    await page.goto(`${server.url}/projects/default/settings?tab=keys`);
    await page.getByText("Owners and admins of the organization change these.").waitFor();
    expect(await page.getByRole("button", { name: "Create key" }).count()).toBe(0);
    const sideways: string[] = [];
    for (const path of MEMBER_PATHS) {
      await page.goto(server.url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expectAccessible(page);
      if (Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0) sideways.push(path);
    }
    expect(sideways).toEqual([]);
    await page.goto(`${server.url}/settings/storage`);
    await page.getByText("This is for owners and admins of the organization.").waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });
});
