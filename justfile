export PATH := justfile_directory() / ".venv" / "bin:" + env("PATH")

# The versions are pinned, so that later ones leave Node 20 behind is no news to whoever runs these.
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := "true"

# The local stack's command line.
cli := "node --import tsx local/cli.ts"

[private]
default:
    @just --list --unsorted

# Build, start and deploy the pipeline on this machine; serve until Ctrl-C.
[no-exit-message]
[working-directory: 'pulumi']
local: (_cli "check") build
    @exec {{ cli }} serve

# The same, detached; the outputs are in .local/outputs.json.
[no-exit-message]
[working-directory: 'pulumi']
local-up: (_cli "check") build
    @exec {{ cli }} up

# Stop the local stack.
local-down: (_cli "down")

# Everything that CI runs: formats, lints, all tests, the end-to-end tests on a stack of their own.
[no-exit-message]
test: lint test-rust test-ui build test-pulumi
    @cd pulumi && {{ cli }} with-stack just _e2e
    @cd pulumi && {{ cli }} with-faulty-stack just _faults 100

# Check formats and lints.
[no-exit-message]
lint: _tools
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features --quiet -- --deny warnings
    cd pulumi && npm run --silent check
    cd ui && npm run --silent check

# Format all code.
format: _tools
    cargo fmt --all
    cd pulumi && npm run --silent format
    cd ui && npm run --silent format

# Unit and property tests of the handlers and of likesctl.
[no-exit-message]
test-rust: _tools
    cargo test --workspace --quiet

# Change the handlers' code, change by change, and list the changes that no test notices. Takes a while; needs cargo-mutants.
[no-exit-message]
mutants *args:
    @command -v cargo-mutants >/dev/null || { echo "error: cargo-mutants is missing; install it: cargo install --locked cargo-mutants" >&2; exit 1; }
    cargo mutants -p api -p get-likes -p ingest-like -p like -p startup -p update-count {{ args }}

# Unit tests of the Pulumi program and the local stack.
[no-exit-message]
test-pulumi: _build-ui
    cd pulumi && npm test --silent

# Unit tests of the web page.
[no-exit-message]
test-ui: _tools
    cd ui && npm test --silent

# End-to-end tests against a running stack: local, or a Pulumi stack by its name.
[no-exit-message]
test-e2e stack="local": _tools
    @mkdir -p .local
    @just outputs {{ stack }} > .local/e2e-outputs.json
    @LIKES_OUTPUTS='{{ justfile_directory() }}/.local/e2e-outputs.json' just _e2e

# Likes while calls of AWS fail, processes are killed and the stream is resharded, on a stack of its own; none may be lost or counted twice.
[no-exit-message]
test-faults likes="2000": build
    @cd pulumi && exec {{ cli }} with-faulty-stack just _faults {{ likes }}

[no-exit-message]
_faults likes:
    LIKES_FAULT_LIKES={{ likes }} cargo test --workspace --quiet --features e2e/faults --test faults -- --nocapture

[no-exit-message]
_e2e:
    cargo test --workspace --quiet --features e2e/stack,likesctl/stack --test stack
    cd ui && npm run --silent test-e2e

# The outputs of a stack as JSON.
outputs stack="local": (_cli "outputs" stack)

# Write the web page's config.json from a stack's outputs.
ui-config stack="local": (_cli "ui-config" stack)

# Look after a running stack: `just likesctl verify`, `just likesctl --stack prod verify`, `just likesctl --help`.
[no-exit-message]
[positional-arguments]
likesctl *args:
    @cargo build --quiet --workspace --bin likesctl
    @exec target/debug/likesctl "$@"

# Draw the pictures of the web page in docs/images, and measure a first visit, on a stack of its own.
[no-exit-message]
screenshots: build
    @cd pulumi && exec {{ cli }} with-stack npm --prefix ../ui run --silent screenshots

# Build the web page, and the functions for a stack's architecture; the local stack's is this machine's.
[no-exit-message]
build stack="local": _build-ui
    {{ if stack == "local" { "cargo build --quiet --workspace --bin event-source-mapping" } else { "" } }}
    cargo lambda build --release --output-format zip --$(just _cli architecture {{ stack }} | tr _ -)

# Deploy on AWS: build the functions, then `pulumi up`.
[no-exit-message]
up stack="dev" *args: _pulumi (build stack)
    pulumi stack select --create {{ stack }}
    pulumi up --stack {{ stack }} {{ args }}

# Show what `up` would change on AWS.
[no-exit-message]
preview stack="dev" *args: _pulumi (build stack)
    pulumi stack select --create {{ stack }}
    pulumi preview --stack {{ stack }} {{ args }}

# Remove a stack from AWS.
[no-exit-message]
destroy stack="dev" *args: _pulumi
    pulumi destroy --stack {{ stack }} {{ args }}

# Pin the Python tools of requirements.in, with hashes, in requirements.txt. Needs uv.
lock:
    uv pip compile requirements.in --generate-hashes --universal --python-version 3.10 --no-header --no-annotate --output-file requirements.txt

[no-exit-message]
_build-ui: _tools
    cd ui && npm run --silent build -- --logLevel warn

# Ensure that the pinned tools are there, whoever called just.
[no-exit-message]
_tools:
    @if [ "${LIKES_TOOLS:-}" != installed ]; then ./justw --install; fi

[no-exit-message]
[working-directory: 'pulumi']
_cli *args: _tools
    @{{ cli }} {{ args }}

# What deploying on AWS needs, said before anything is done.
[no-exit-message]
_pulumi: _tools
    @command -v pulumi >/dev/null || { echo "error: the Pulumi CLI is missing; install it: https://www.pulumi.com/docs/iac/download-install/" >&2; exit 1; }
    @[ -n "${AWS_ACCESS_KEY_ID:-}${AWS_PROFILE:-}${AWS_ROLE_ARN:-}${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI:-}${AWS_CONTAINER_CREDENTIALS_FULL_URI:-}" ] || [ -f ~/.aws/credentials ] || [ -f ~/.aws/config ] || grep -qs EC2 /sys/class/dmi/id/board_vendor /sys/class/dmi/id/sys_vendor || { echo "error: there are no AWS credentials; get some: aws configure sso (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html)" >&2; exit 1; }
