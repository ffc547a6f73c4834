package main

import (
	"fmt"
	"strings"
	"time"
)

// report counts, and keeps what has to be said at the end.
type report struct {
	ci                      bool // a skip is a failure
	passed, failed, skipped int
	failures, skips         []string
}

func (r *report) fail(name, output string) {
	r.failed++
	r.failures = append(r.failures, "FAILED: "+name+"\n"+indent(output))
	fmt.Printf("FAIL  %s\n", name)
}

func (r *report) skip(name, why string) {
	r.skipped++
	r.skips = append(r.skips, fmt.Sprintf("SKIPPED: %s: %s", name, why))
}

// print ends the run and gives the exit code.
func (r *report) print(took time.Duration) int {
	fmt.Println()
	for _, s := range r.skips {
		fmt.Println(s)
	}
	for _, f := range r.failures {
		fmt.Printf("\n%s\n", f)
	}
	fmt.Printf("\ntook %s\n", took.Round(time.Second))
	code := 0
	line := fmt.Sprintf("%d passed, %d failed", r.passed, r.failed)
	if r.skipped > 0 {
		line += fmt.Sprintf(", %d skipped", r.skipped)
		if r.ci {
			line += " (with CI=true a skip fails the run)"
			code = 1
		}
	}
	if r.failed > 0 {
		code = 1
	}
	fmt.Println(line)
	return code
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}
