package archive

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// frameSize is how much goes into one frame of zstd.
const frameSize = 4 << 20

// frames compresses what is written to it, one frame after another (RFC 8878 lets a file be many), each in one go while the next is being
// gathered. The package's own stream passes every 128 KB through three goroutines; beside a program that has work for every core, these waited for each
// other more than half of the time.
type frames struct {
	w    io.Writer
	zip  *zstd.Encoder
	buf  []byte
	free []byte     // the other buffer
	out  []byte     // compressed
	last chan error // the end of the frame before; nil: there is none under way
}

func newFrames(w io.Writer) (*frames, error) {
	// Much of what is backed up is compressed already; the fastest level notices that. Without entropy coding the file is a fifteenth larger, and
	// writing and reading it cost a fifth less.
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithNoEntropyCompression(true), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, fmt.Errorf("make compressor: %w", err)
	}
	return &frames{w: w, zip: zip, buf: make([]byte, 0, frameSize), free: make([]byte, 0, frameSize)}, nil
}

// Write gathers. An error of a frame before comes with a later call.
func (f *frames) Write(b []byte) (int, error) { return gather(&f.buf, b, f.send) }

// send begins a frame with what is gathered.
func (f *frames) send() error {
	if err := f.wait(); err != nil {
		return err
	}
	full := f.buf
	f.buf, f.free = f.free[:0], full
	f.last = make(chan error, 1)
	go func(last chan<- error) {
		f.out = f.zip.EncodeAll(full, f.out[:0])
		_, err := f.w.Write(f.out)
		last <- err
	}(f.last)
	return nil
}

// wait ends the frame before.
func (f *frames) wait() error {
	if f.last == nil {
		return nil
	}
	err := <-f.last
	f.last = nil
	return err
}

// Close writes the rest.
func (f *frames) Close() error {
	if err := f.send(); err != nil {
		return err
	}
	return f.wait()
}
