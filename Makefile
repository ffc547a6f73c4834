# Everything there is to do with this repository. `make run` to try it, `make test` for the whole proof.
.PHONY: run test build dev gen lint bench proof e2e deb clean need-go need-cc need-node

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LISTEN  ?= 127.0.0.1:8080
# make test builds without it, so that the program and its tests share what is compiled.
TRIM    ?= -trimpath
GO_MAIN := go build $(TRIM) -ldflags "-s -w -X main.version=$(VERSION)"
WEB_SRC := $(shell find web/src web/tracker web/public web/build web/index.html web/vite.config.ts web/package.json web/tsconfig.json -type f 2>/dev/null)

## run: build everything and start the demo shop
run: build
	exec bin/rapport serve --demo --listen $(LISTEN)

## build: the web app, then bin/rapport with the app inside
build: need-go need-cc web/dist/index.html
	@mkdir -p bin
	$(GO_MAIN) -o bin/rapport ./cmd/rapport

web/node_modules/.package-lock.json: web/package-lock.json | need-node
	cd web && npm ci --no-audit --no-fund
	@touch $@

e2e/node_modules/.package-lock.json: e2e/package-lock.json | need-node
	cd e2e && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SRC)
	cd web && npm run build
	@touch $@

## test: the whole proof: formatting, vet, staticcheck, every Go test on every engine, the web app's checks, the short end-to-end forms
test: need-go need-cc need-node
	go run ./scripts/prove

## e2e: the end-to-end tests alone, short forms
e2e: build e2e/node_modules/.package-lock.json
	RAPPORT_BIN=$(CURDIR)/bin/rapport go test -count=1 -timeout 30m ./e2e/...

## proof: the long forms, which take hours
proof: build e2e/node_modules/.package-lock.json
	RAPPORT_PROOF=1 RAPPORT_BIN=$(CURDIR)/bin/rapport go test -count=1 -timeout 12h -v ./e2e/...

## bench: the figures of docs/performance.md
bench: build
	bin/rapport bench

## deb: bin/rapport_VERSION_ARCH.deb, a Debian package of the program with its service
deb: build
	sh packaging/build.sh

## dev: the demo shop, and the web app rebuilt as you type, on http://localhost:5173
dev: build
	bin/rapport serve --demo --listen $(LISTEN) & server=$$!; trap 'kill $$server' EXIT INT TERM; cd web && RAPPORT_URL=http://$(LISTEN) npm run dev

## gen: api/openapi.yaml and the TypeScript types made from it
gen: need-go web/node_modules/.package-lock.json
	go test ./internal/app -run TestOpenAPI -count=1 -update
	cd web && npm run gen

## lint: what make test checks besides tests
lint: need-go need-node
	go run ./scripts/prove -only lint

clean:
	rm -rf bin web/node_modules e2e/node_modules
	find web/dist -mindepth 1 -not -name .gitkeep -delete

need-go:
	@command -v go >/dev/null || { echo "Go is missing: install Go 1.26 or newer from https://go.dev/dl/" >&2; exit 1; }

need-cc:
	@command -v $${CC:-cc} >/dev/null || command -v gcc >/dev/null || { echo "A C compiler is missing (the embedded warehouse needs it): install gcc or clang, on Debian: apt-get install build-essential" >&2; exit 1; }

need-node:
	@command -v npm >/dev/null || { echo "Node.js is missing (it builds the web app): install Node 20 or newer from https://nodejs.org" >&2; exit 1; }
	@node -e 'const v = process.versions.node.split("."); if (+v[0] < 20) { console.error("Node.js " + process.versions.node + " is too old: 20 or newer is needed"); process.exit(1) }'
