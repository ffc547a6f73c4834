// Command rapport is the whole product in one program: server, command line and demo shop.
package main

import (
	"os"

	"rapport/internal/app"
)

// version is set by the build: -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	os.Exit(app.Main(app.Process{
		Args: os.Args[1:], Version: version,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(),
	}))
}
