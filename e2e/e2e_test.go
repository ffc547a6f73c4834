// Package e2e proves the product as its users meet it: the real program on a fresh data directory, unmodified SDKs, a real Chromium,
// kill -9 at random moments. Nothing is mocked. The short forms run in make test, the long ones with RAPPORT_PROOF=1 in make proof.
package e2e

import (
	"os"
	"testing"

	"rapport/e2e/harness"
)

func TestMain(m *testing.M) {
	code := m.Run()
	harness.Clean()
	os.Exit(code)
}
