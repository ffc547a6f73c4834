package main

import (
	"strings"
	"testing"
)

// What go test -json says is counted: subtests, skips, a package that does not build, one that dies without a failed test.
func TestCounts(t *testing.T) {
	r := &report{ci: true}
	r.readTests(strings.NewReader(`
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA/sub"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    x_test.go:7: no PostgreSQL\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    x_test.go:9: wrong\n"}
{"Action":"fail","Package":"p","Test":"TestC"}
{"Action":"fail","Package":"p"}
{"Action":"skip","Package":"without tests"}
{"ImportPath":"q [q.test]","Action":"build-output","Output":"q.go:1: syntax error\n"}
{"Action":"fail","Package":"q"}
{"Action":"pass","Package":"r"}
`))
	if r.passed != 2 || r.failed != 2 || r.skipped != 1 {
		t.Fatalf("%d passed, %d failed, %d skipped", r.passed, r.failed, r.skipped)
	}
	all := strings.Join(append(r.failures, r.skips...), "\n")
	for _, want := range []string{"x_test.go:9: wrong", "q.go:1: syntax error", "no PostgreSQL"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %s", want, all)
		}
	}
	if r.print(0) != 1 {
		t.Error("a run with failures ended well")
	}
}

func TestSkipFailsOnlyInCI(t *testing.T) {
	for _, ci := range []bool{false, true} {
		r := &report{ci: ci, passed: 3}
		r.skip("TestX", "no browser")
		if code := r.print(0); (code == 1) != ci {
			t.Errorf("ci=%v: exit code %d", ci, code)
		}
	}
}
