package proof

import (
	"flag"
	"os"
	"testing"
)

// TestMain asks for fewer cases of each property than usual: each is a whole way through databases. -rapid.checks asks for more.
func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		_ = flag.Set("rapid.checks", "12")
	}
	os.Exit(m.Run())
}
