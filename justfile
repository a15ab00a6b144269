export PATH := justfile_directory() / ".venv" / "bin:" + env("PATH")

# The versions are pinned, so a warning that later ones drop Node 20 is of no use.
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := "true"

# The local stack's command line.
cli := "node --import tsx local/cli.ts"

[private]
default:
    @just --list --unsorted

# Build and run the whole pipeline on this machine until Ctrl-C.
[continue]
[no-exit-message]
[working-directory: 'pulumi']
local: (_cli "check") build
    @exec {{ cli }} serve

# Like `local`, but in the background; the outputs are in .local/outputs.json.
[no-exit-message]
[working-directory: 'pulumi']
local-up: (_cli "check") build
    @exec {{ cli }} up

# Stop the local stack and delete its data.
local-down: (_cli "down")

# Run everything CI runs: formatting, lints, all tests, and end-to-end tests on a separate local stack.
[no-exit-message]
test: lint test-rust test-ui build bench-check test-pulumi
    @cd pulumi && {{ cli }} with-traced-stack just _e2e
    @cd pulumi && {{ cli }} with-faulty-stack just _faults 100

# Check formatting and lints.
[no-exit-message]
lint: _build-client
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features --quiet -- --deny warnings
    cd pulumi && npm run --silent check
    npm run --silent check
    actionlint
    zizmor --quiet --offline --persona auditor .github
    cfn-lint --include-checks I -- .github/aws.yaml

# Format all code.
format: _tools
    cargo fmt --all
    cd pulumi && npm run --silent format
    npm run --silent format

# Measure the functions beside their peers in Python and Node, on a simulated AWS: `./justw bench --help`.
[no-exit-message]
[positional-arguments]
bench *args: build (_bench-programs "floors" "--bin floor-nothing --bin floor-request")
    @bench/peers/build
    cargo build --quiet --profile measure -p bench
    @exec target/measure/bench run "$@"

# Check that the functions do not need more instructions than recorded; `--update` records them. Needs Valgrind.
[no-exit-message]
[positional-arguments]
bench-check *args: _valgrind build (_bench-programs "steps" "--bin steps")
    @cargo build --quiet --workspace --bin bench
    @exec target/debug/bench check "$@"

# Build a package of the bench as the functions are built, from the same crates with the same features.
[no-exit-message]
_bench-programs package bins:
    @cargo lambda build --quiet --release --output-format zip --$(just _cli architecture local | tr _ -) -p get-likes -p ingest-like -p update-count -p {{ package }} {{ bins }}

# Check that Valgrind is there before anything is built.
[no-exit-message]
_valgrind:
    @command -v valgrind >/dev/null || { echo "error: Valgrind is missing; install it, on Debian with: apt-get install valgrind" >&2; exit 1; }

# Run the Rust unit and property tests.
[no-exit-message]
test-rust: _tools
    cargo test --workspace --quiet

# Run mutation tests on the pipeline's Rust crates; slow, needs cargo-mutants.
[no-exit-message]
mutants *args:
    @command -v cargo-mutants >/dev/null || { echo "error: cargo-mutants is missing; install it with: cargo install --locked cargo-mutants" >&2; exit 1; }
    cargo mutants -p api -p counting -p get-likes -p ingest-like -p like -p quarantine -p startup -p stream -p tables -p traces -p update-count {{ args }}

# Run the unit tests of the Pulumi program and the local stack.
[no-exit-message]
test-pulumi: _build-ui
    cd pulumi && npm test --silent

# Record the resources that the Pulumi program has gained in pulumi/tests/urns.txt.
[no-exit-message]
record-urns: _build-ui
    cd pulumi && node --import tsx tests/recordUrns.ts

# Run the tests of the browser client, in Node and in a browser, and the unit tests of the web page.
[no-exit-message]
test-ui: _build-client
    npm test --silent
    cd client && npm run --silent test-e2e

# Run the end-to-end tests against a running stack.
[no-exit-message]
test-e2e stack="local": (_known stack) _build-client
    @mkdir -p .local
    @just outputs {{ stack }} > .local/e2e-outputs.json
    @LIKES_OUTPUTS='{{ justfile_directory() }}/.local/e2e-outputs.json' just _e2e

# Test on a separate local stack that likes survive AWS errors, killed processes and resharding.
[no-exit-message]
test-faults likes="2000": (_likes likes) build
    @cd pulumi && exec {{ cli }} with-faulty-stack just _faults {{ likes }}

[no-exit-message]
_faults likes:
    LIKES_FAULT_LIKES={{ likes }} cargo test --workspace --quiet --features e2e/faults --test faults -- --nocapture
    cd pulumi && node --import tsx local/alarms/faultTrial.ts

[no-exit-message]
_e2e:
    cargo test --workspace --quiet --features e2e/stack,likesctl/stack --test stack --test cloudwatch
    cd ui && npm run --silent test-e2e

# Print a stack's outputs as JSON.
outputs stack="local": (_known stack) (_cli "outputs" stack)

# Write the web page's config.json from a stack's outputs.
ui-config stack="local": (_known stack) (_cli "ui-config" stack)

# Operate a running stack: `./justw likesctl verify`, `./justw likesctl --stack prod verify`, `./justw likesctl --help`.
[no-exit-message]
[positional-arguments]
likesctl *args: _build-likesctl
    @exec target/debug/likesctl "$@"

# Build likesctl, silently unless its dependencies have changed since the last time: only then does it take minutes.
[no-exit-message]
_build-likesctl:
    @if [ -x target/debug/likesctl ] && cmp -s Cargo.lock target/debug/likesctl.lock; then quiet=--quiet; else \
      quiet=$([ -t 2 ] || echo --quiet); \
      echo "Compiling likesctl (the first time takes a few minutes)…" >&2; \
    fi; \
    cargo build $quiet --workspace --bin likesctl && cp Cargo.lock target/debug/likesctl.lock

# Draw a stack's dashboard as SVG: `./justw dashboard`, `./justw dashboard prod --minutes 180 --file prod.svg`.
[no-exit-message]
[positional-arguments]
dashboard *args: _tools
    @cd pulumi && exec node --import tsx picture/cli.ts "$@"

# Take the pictures in docs/images and measure a first visit, on a separate local stack; draw its dashboard in a fault.
[no-exit-message]
screenshots: _browser build _build-likesctl
    @cd pulumi && {{ cli }} with-stack npm --prefix ../ui run --silent screenshots
    @cd pulumi && exec {{ cli }} with-faulty-stack node --import tsx picture/faultPicture.ts

# Judge the web page with Lighthouse, on a separate local stack; fails below the scores that it must have.
[no-exit-message]
lighthouse: _browser build
    @cd pulumi && exec {{ cli }} with-stack npm --prefix ../ui run --silent lighthouse

# Estimate what a stack costs on AWS in a month: `./justw costs --likes 10M`, `./justw costs --help`.
[no-exit-message]
[positional-arguments]
[working-directory: 'pulumi']
costs *args: _tools
    @exec node --import tsx costs/cli.ts "$@"

# Build the web page and the functions, for a stack's architecture.
[no-exit-message]
build stack="local": (_known stack) (_build stack)

[no-exit-message]
_build stack: _build-ui
    {{ if stack == "local" { "cargo build --quiet --workspace --bin event-source-mapping --bin delivery-stream" } else { "" } }}
    cargo lambda build --release --output-format zip --$(just _cli architecture {{ stack }} | tr _ -)

# Deploy to AWS: build the functions, then run `pulumi up`.
[no-exit-message]
up stack="dev" *args: (_on-aws stack) (_region stack) _pulumi (_exists stack) (_build stack)
    pulumi up --stack {{ stack }} {{ args }}

# Show what `up` would change on AWS.
[no-exit-message]
preview stack="dev" *args: (_on-aws stack) (_region stack) _pulumi (_exists stack) (_build stack)
    pulumi preview --stack {{ stack }} {{ args }}

# Delete a stack from AWS.
[no-exit-message]
destroy stack="dev" *args: (_on-aws stack) _pulumi (_exists stack)
    pulumi destroy --stack {{ stack }} {{ args }}

# Pin the Python packages of requirements.in and of the bench's peers, with hashes; needs uv.
[no-exit-message]
lock:
    @command -v uv >/dev/null || { echo "error: uv is missing; install it: https://docs.astral.sh/uv/getting-started/installation/" >&2; exit 1; }
    for list in requirements bench/peers/requirements/runtime bench/peers/requirements/powertools bench/peers/requirements/cmake; do \
      uv pip compile $list.in --generate-hashes --universal --python-version 3.10 --no-annotate --output-file $list.txt || exit; \
    done

[no-exit-message]
_build-client: _tools
    cd client && npm run --silent build

[no-exit-message]
_build-ui: _build-client
    cd ui && npm run --silent build -- --logLevel warn

# Install the pinned tools when just was not called through justw.
[no-exit-message]
_tools:
    @if [ "${LIKES_TOOLS:-}" != installed ]; then ./justw --install; fi

[no-exit-message]
[working-directory: 'pulumi']
_cli *args: _tools
    @{{ cli }} {{ args }}

# Check that there is a browser before anything is built.
[no-exit-message]
_browser:
    @for name in chromium chromium-browser google-chrome google-chrome-stable; do \
      if command -v "$name" >/dev/null; then exit 0; fi; \
    done; \
    echo "error: Chromium is missing; install it, on Debian with: apt-get install chromium" >&2; exit 1

# Reject an unknown stack before anything is built.
[no-exit-message]
[positional-arguments]
_known stack:
    @[ "$1" = local ] || [ -f "Pulumi.$1.yaml" ] || pulumi stack output --json --non-interactive --stack "$1" >/dev/null 2>&1 </dev/null || { \
      known=$(ls Pulumi.*.yaml | sed 's/^Pulumi\.//; s/\.yaml$//' | paste -sd, - | sed 's/,/, /g'); \
      echo "error: unknown stack: $1; known stacks: $known. Create a new one on AWS with: pulumi stack init NAME" >&2; \
      exit 1; \
    }

# Reject a stack that Pulumi does not have. No recipe creates one, since that is when its secrets provider is chosen.
[no-exit-message]
[positional-arguments]
_exists stack:
    @{ problem=$(pulumi stack select "$1" 2>&1 >&3) || { \
      case "$problem" in *"no stack named"*) \
        problem="error: the stack $1 does not exist; create it with: pulumi stack init $1" ;; \
      esac; \
      echo "$problem" >&2; exit 1; \
    }; } 3>&1

# Reject what cannot be the name of a stack on AWS.
[no-exit-message]
[positional-arguments]
_on-aws stack:
    @case "$1" in \
      local) echo "error: the local stack does not run on AWS; use: ./justw local, local-up or local-down" >&2; exit 1 ;; \
      -*) echo "error: name the stack before options, such as: dev $1" >&2; exit 1 ;; \
      "" | *[!A-Za-z0-9_./-]*) echo "error: not a stack name: '$1'; use letters, digits, hyphens, underscores and periods" >&2; exit 1 ;; \
    esac

# Reject a stack without a region: in its file, from Pulumi ESC, in the environment or in AWS's own configuration.
[no-exit-message]
[positional-arguments]
_region stack:
    @stack=${1##*/}; [ -n "${AWS_REGION:-}${AWS_DEFAULT_REGION:-}" ] \
      || grep -Eqs '^ *"?aws:region|^environment:' Pulumi.yaml "Pulumi.$stack.yaml" \
      || grep -Eqs '^ *region *=' "${AWS_CONFIG_FILE:-$HOME/.aws/config}" || { \
      printf 'error: the stack %s has no region; set AWS_REGION, or put it into Pulumi.%s.yaml: config: {"aws:region": eu-west-1}\n' "$stack" "$stack" >&2; \
      exit 1; \
    }

# Reject a number of likes that cannot be posted.
[no-exit-message]
[positional-arguments]
_likes number:
    @case "$1" in "" | 0* | *[!0-9]* | ???????*) \
      echo "error: the number of likes must be a whole number from 1 to 999999; it is $1" >&2; \
      exit 1 ;; \
    esac

# Check what deploying to AWS needs before anything is done.
[no-exit-message]
_pulumi: _tools
    @command -v pulumi >/dev/null || { echo "error: the Pulumi CLI is missing; install it: https://www.pulumi.com/docs/iac/download-install/" >&2; exit 1; }
    @[ -n "${AWS_ACCESS_KEY_ID:-}${AWS_PROFILE:-}${AWS_ROLE_ARN:-}${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI:-}${AWS_CONTAINER_CREDENTIALS_FULL_URI:-}" ] || [ -f ~/.aws/credentials ] || [ -f ~/.aws/config ] || grep -qs EC2 /sys/class/dmi/id/board_vendor /sys/class/dmi/id/sys_vendor || { echo "error: no AWS credentials found; set them up with: aws configure sso (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html)" >&2; exit 1; }
