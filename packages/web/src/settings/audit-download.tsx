import type { AuditDownloadFormat } from "@mesher/protocol";
import { useMutation } from "@tanstack/react-query";
import { getFile } from "../api/client.ts";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { saveFile } from "../ui/save-file.ts";
import { toastFailure } from "../ui/toasts.tsx";
import { type AuditSearch, auditFilterOf } from "./audit-search.ts";

/** What is shown, all pages of it, as a file. */
export function AuditDownload({ search }: { search: AuditSearch }) {
  const download = useMutation({
    mutationFn: (format: AuditDownloadFormat) => getFile("api/v1/audit/download", { ...auditFilterOf(search), format }),
    onSuccess: (file, format) => saveFile(file, `audit-log.${format}`),
    onError: (error) => toastFailure("The log could not be downloaded.", error),
  });
  return (
    <Menu
      label="Download"
      button={download.isPending ? "Downloading…" : "Download"}
      align="end"
      disabled={download.isPending}
      tall
    >
      <MenuItem onSelect={() => download.mutate("csv")}>CSV, for a spreadsheet</MenuItem>
      <MenuItem onSelect={() => download.mutate("ndjson")}>NDJSON, for programs</MenuItem>
    </Menu>
  );
}
