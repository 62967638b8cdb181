import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../../deploy/bundle/bundle.ts";

const root = join(import.meta.dirname, "..", "..");
const dockerfile = readFileSync(join(root, "deploy/image/Dockerfile"), "utf8").replaceAll("\\\n", " ");

/** What an instruction says, the last of its kind. */
function instruction(name: string): string {
  return (
    dockerfile
      .split("\n")
      .findLast((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1) ?? ""
  );
}

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-image-"));
  await bundle(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the image is distroless, without root, and of the same user as the Pods that run it", () => {
  expect(dockerfile).toMatch(/^ARG NODE=\S+\/distroless\/nodejs24-\S+:nonroot$/m);
  expect(dockerfile).not.toMatch(/^RUN /m);
  expect(instruction("USER")).toBe("65532:65532");
  expect(readFileSync(join(root, "deploy/base/controller.yaml"), "utf8")).toContain("runAsUser: 65532");
});

test("only the bundle goes into the image, and only it is sent to whoever builds", () => {
  expect(dockerfile.match(/^(COPY|ADD) .*$/gm)).toEqual([
    expect.stringMatching(/ dist\/sluice\.mjs \/app\/sluice\.mjs$/),
  ]);
  expect(readFileSync(join(root, "deploy/image/Dockerfile.dockerignore"), "utf8")).toBe("*\n!dist/sluice.mjs\n");
});

test("docs/installing.md builds it as the Dockerfile says", () => {
  const guide = readFileSync(join(root, "docs/installing.md"), "utf8");
  const commands = guide.match(/^npm ci && npm run bundle\ndocker build .*$/m)?.[0].split("\n") ?? [];
  expect(commands).toHaveLength(2);
  for (const command of commands) expect(dockerfile).toContain(`#   ${command}`);
});

/**
 * The file system that the image has: Node with the libraries that it is linked to, the bundle, and nothing else; read-only, with
 * the entry point of the Dockerfile. Made of tmpfs and chroot in namespaces of its own, so it needs no container engine.
 */
test("its entry point runs on a root that holds nothing else and cannot be written", () => {
  const entry = JSON.parse(instruction("ENTRYPOINT")) as string[];
  const script = `
    set -eu
    root=$(mktemp -d)
    mount -t tmpfs none "$root"
    mkdir -p "$root/app" "$root$(dirname "$ENTRY")" "$root/dev" "$root/proc"
    cp "$BUNDLE" "$root/app/sluice.mjs"
    cp "$NODE" "$root$ENTRY"
    ldd "$NODE" | grep -o '/[^ ]*' | while read -r library; do
      mkdir -p "$root$(dirname "$library")"; cp -L "$library" "$root$library"
    done
    touch "$root/dev/urandom" "$root/dev/null"
    mount --bind /dev/urandom "$root/dev/urandom"
    mount --bind /dev/null "$root/dev/null"
    mount -o remount,ro "$root"
    if touch "$root/app/x" 2>/dev/null; then echo "the root can be written" >&2; exit 9; fi
    exec chroot "$root" "$@"
  `;
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["-Urm", "sh", "-c", script, "sh", ...entry, "demo", "--fast"],
    {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        ENTRY: entry[0],
        NODE: process.execPath,
        BUNDLE: join(folder, "sluice.mjs"),
      },
    },
  );
  expect(stderr).toBe("");
  expect(stdout).toContain("v2 promoted");
  expect(status).toBe(0);
});
