package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/e2e/harness"
	"rapport/internal/platform/disk"
)

// TestDiskNearlyFull takes room away down to the reserve of a server: with the limit set to just below what is free, one large file is enough. New events and files are refused with the request to come again, everything else goes on, and when the file goes all is taken again.
func TestDiskNearlyFull(t *testing.T) {
	dir := harness.Dir(t)
	space, err := disk.Of(filepath.Dir(filepath.Dir(dir)))
	if err != nil {
		t.Fatal(err)
	}
	const size = 4 << 30
	reserve := space.Free - size/2
	if space.Free < 3*size {
		harness.Missing(t, "only %d MB are free", space.Free>>20)
	}
	s := harness.Start(t, dir, "127.0.0.1:0", "RAPPORT_DISK_RESERVE="+strconv.FormatInt(reserve, 10), "RAPPORT_DISK_WARN="+strconv.FormatInt(reserve, 10))
	owner := s.Setup()
	key := owner.IngestKey("loader", false)
	send := func(id string) (int, http.Header) {
		t.Helper()
		req, err := http.NewRequest("POST", s.URL+"/v1/track", strings.NewReader(`{"event":"Seen","userId":"u","messageId":"`+id+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(key, "")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode, res.Header
	}
	if code, _ := send("before"); code != 200 {
		t.Fatalf("before: %d", code)
	}
	hog, err := os.Create(filepath.Join(filepath.Dir(dir), "hog"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(hog.Name()) })
	if err := syscall.Fallocate(int(hog.Fd()), 0, 0, size); err != nil {
		harness.Missing(t, "this file system does not give room on request: %v", err)
	}
	_ = hog.Close()
	harness.Until(t, 10*time.Second, "events are refused", func() (bool, string) {
		code, _ := send("until it is seen")
		return code == 503, strconv.Itoa(code)
	})
	if code, h := send("while"); code != 503 || h.Get("Retry-After") == "" {
		t.Errorf("while it is full: %d %v", code, h)
	}
	var status struct {
		Disk struct {
			State string `json:"state"`
			Free  int64  `json:"free_bytes"`
		} `json:"disk"`
	}
	owner.Get("/api/v1/status", &status)
	if status.Disk.State != "full" || status.Disk.Free <= 0 {
		t.Errorf("the status says %+v", status)
	}
	for path, want := range map[string]string{"/readyz": "disk", "/metrics": "rapport_disk_state 2"} {
		_, body, err := owner.Do("GET", path, nil)
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %v %.300s", path, err, body)
		}
	}
	if code, body, _ := owner.Do("PATCH", "/api/v1/settings", map[string]string{"currency": "USD"}); code >= 500 {
		t.Errorf("settings cannot be changed: %d %s", code, body)
	}
	if !strings.Contains(s.Log(), "the disk is nearly full") {
		t.Errorf("the log does not say it%s", harness.Quote(s.Log()))
	}
	if err := os.Remove(hog.Name()); err != nil {
		t.Fatal(err)
	}
	harness.Until(t, 10*time.Second, "events are taken again", func() (bool, string) {
		code, _ := send("after")
		return code == 200, strconv.Itoa(code)
	})
	owner.Drained(30 * time.Second)
	seen := map[string]int{}
	for _, e := range owner.Events("Seen") {
		seen[e.MessageID]++
	}
	if seen["before"] != 1 || seen["after"] != 1 || seen["while"] != 0 {
		t.Errorf("there are %v", seen)
	}
}
