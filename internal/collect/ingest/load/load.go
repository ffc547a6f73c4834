// Package load sends events to a running Rapport as fast as it takes them, or at a rate, and says how it went: for rapport bench and
// for nobody else's server. It speaks plain HTTP over few connections and writes its requests by hand, because the machine's processors are
// shared with the server that is measured.
//
// It loads only this machine (a loopback address) and ends by itself. For how long and how much is in Config; what came of it in Result.
package load

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
)

// Config says what to send where.
type Config struct {
	URL         string // http://127.0.0.1:PORT
	Key         string
	Connections int           // 8
	Batch       int           // events of a request; 50. 1 sends single calls, each to its own address
	Rate        float64       // events a second of all connections together; 0: as many as are taken
	Duration    time.Duration // 10 s
	Name        string        // tells this run's messages from those of other runs
	Clock       clock.Clock
}

// Result is how it went.
type Result struct {
	Events   int64 // taken
	Refused  int64 // by name
	Requests int64
	Busy     int64 // answers 429 and 503, after which it came again
	Failed   int64 // other answers and broken connections
	Elapsed  time.Duration
	P50, P90 time.Duration
	P99, Max time.Duration
}

// Rate is events taken a second.
func (r *Result) Rate() float64 { return float64(r.Events) / r.Elapsed.Seconds() }

// String is one line for people.
func (r *Result) String() string {
	s := fmt.Sprintf("%.0f events/s (%d in %v, %d requests), answer p50 %v p90 %v p99 %v max %v", r.Rate(), r.Events,
		r.Elapsed.Round(10*time.Millisecond), r.Requests, round(r.P50), round(r.P90), round(r.P99), round(r.Max))
	if r.Busy+r.Failed+r.Refused > 0 {
		s += fmt.Sprintf("; %d events refused, %d requests sent again, %d failed", r.Refused, r.Busy, r.Failed)
	}
	return s
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

type sender struct {
	c       Config
	host    string
	address string
	head    []byte // request up to the length
	maker   *Maker
	conn    net.Conn
	in      *bufio.Reader
	out     Result
	took    []time.Duration
}

// Run loads until the time is over or ctx ends.
func Run(ctx context.Context, c Config) (Result, error) {
	c.Connections, c.Batch = cmp.Or(c.Connections, 8), cmp.Or(c.Batch, 50)
	c.Duration, c.Name = cmp.Or(c.Duration, 10*time.Second), cmp.Or(c.Name, "l")
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" || !loopback(u.Hostname()) {
		return Result{}, errs.New(errs.Invalid, "load.address", "%s is not an address of this machine such as http://127.0.0.1:8080; other people's servers are not loaded.", c.URL)
	}
	ctx, cancel := context.WithTimeout(ctx, c.Duration)
	defer cancel()
	began := c.Clock.Now()
	senders := make([]*sender, c.Connections)
	fails := make([]error, c.Connections)
	var sent atomic.Int64
	var g sync.WaitGroup
	for i := range senders {
		s := &sender{c: c, host: u.Host, address: u.Host, maker: NewMaker(c.Name+strconv.Itoa(i), uint64(i+1)), took: make([]time.Duration, 0, 1<<16)}
		senders[i] = s
		g.Go(func() { fails[i] = s.run(ctx, began, &sent) })
	}
	g.Wait()
	out := Result{Elapsed: c.Clock.Now().Sub(began)}
	var took []time.Duration
	for i, s := range senders {
		if fails[i] != nil {
			return out, fails[i]
		}
		out.Events += s.out.Events
		out.Refused += s.out.Refused
		out.Requests += s.out.Requests
		out.Busy += s.out.Busy
		out.Failed += s.out.Failed
		took = append(took, s.took...)
	}
	if len(took) > 0 {
		slices.Sort(took)
		at := func(q float64) time.Duration { return took[int(q*float64(len(took)-1))] }
		out.P50, out.P90, out.P99, out.Max = at(0.5), at(0.9), at(0.99), took[len(took)-1]
	}
	return out, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *sender) run(ctx context.Context, began time.Time, sent *atomic.Int64) error {
	s.head = fmt.Appendf(nil, " HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\nContent-Type: application/json\r\nContent-Length: ", s.host,
		base64.StdEncoding.EncodeToString([]byte(s.c.Key+":")))
	defer s.close()
	var body, request []byte
	for ctx.Err() == nil {
		if s.c.Rate > 0 && !s.wait(ctx, began, sent.Add(int64(s.c.Batch))) {
			break
		}
		now := s.c.Clock.Now()
		path := "batch"
		if s.c.Batch == 1 {
			body = s.maker.Event(body[:0], now)
			path = kind(body)
		} else {
			body = s.maker.Batch(body[:0], s.c.Batch, now)
		}
		request = append(append(append(request[:0], "POST /v1/"...), path...), s.head...)
		request = strconv.AppendInt(request, int64(len(body)), 10)
		request = append(append(request, "\r\n\r\n"...), body...)
		if err := s.deliver(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

// kind names the call that an event is, as its body says.
func kind(event []byte) string {
	for _, k := range []string{"identify", "page"} {
		if bytes.Contains(event, []byte(`"type":"`+k+`"`)) {
			return k
		}
	}
	return "track"
}

// wait keeps to the rate: the n-th event is due n/rate after the beginning.
func (s *sender) wait(ctx context.Context, began time.Time, n int64) bool {
	due := began.Add(time.Duration(float64(n) / s.c.Rate * float64(time.Second)))
	left := due.Sub(s.c.Clock.Now())
	if left <= 0 {
		return true
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// deliver sends a request until it is answered for good.
func (s *sender) deliver(ctx context.Context, request []byte) error {
	for try := 0; ; try++ {
		began := s.c.Clock.Now()
		status, answer, err := s.exchange(request)
		s.out.Requests++
		switch {
		case err == nil && status == 200:
			s.took = append(s.took, s.c.Clock.Now().Sub(began))
			s.out.Events += number(answer, `"accepted":`)
			s.out.Refused += int64(bytes.Count(answer, []byte(`"index":`)))
			return nil
		case err == nil && (status == 429 || status == 503):
			s.out.Busy++
		case err == nil && status == 401:
			return errs.New(errs.Unauthorized, "load.key", "The server does not know the key.")
		default:
			s.out.Failed++
			s.close()
			if try > 20 && err != nil {
				return err
			}
			if err == nil {
				return fmt.Errorf("the server answered %d: %s", status, answer)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *sender) exchange(request []byte) (status int, answer []byte, err error) {
	if s.conn == nil {
		if s.conn, err = net.DialTimeout("tcp", s.address, 5*time.Second); err != nil {
			return 0, nil, err
		}
		s.in = bufio.NewReaderSize(s.conn, 4096)
	}
	if err := s.conn.SetDeadline(s.c.Clock.Now().Add(30 * time.Second)); err != nil {
		return 0, nil, err
	}
	if _, err := s.conn.Write(request); err != nil {
		return 0, nil, err
	}
	line, err := s.in.ReadString('\n')
	if err != nil {
		return 0, nil, err
	}
	if f := strings.Fields(line); len(f) > 1 {
		status, _ = strconv.Atoi(f[1])
	}
	length := 0
	for {
		line, err := s.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("content-length")) {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
		}
	}
	answer = make([]byte, length)
	_, err = io.ReadFull(s.in, answer)
	return status, answer, err
}

func (s *sender) close() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}

func number(b []byte, after string) int64 {
	i := bytes.Index(b, []byte(after))
	if i < 0 {
		return 0
	}
	n := int64(0)
	for _, c := range b[i+len(after):] {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}
