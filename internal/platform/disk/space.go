package disk

import (
	"fmt"
	"syscall"
)

// Space is the room of a file system in bytes.
type Space struct{ Free, Total int64 }

// Of gives the room that this user has on the file system of a directory.
func Of(dir string) (Space, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return Space{}, fmt.Errorf("ask for the room at %s: %w", dir, err)
	}
	return Space{Free: int64(s.Bavail) * int64(s.Bsize), Total: int64(s.Blocks) * int64(s.Bsize)}, nil
}
