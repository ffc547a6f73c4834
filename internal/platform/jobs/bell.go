package jobs

import (
	"context"
	"sync"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// bell wakes the workers on SQLite. There is one program on the file, so a commit here is all the news there can be; River's own way is a
// table that is written on every enqueue and read twenty times a second.
type bell struct{ rung chan struct{} }

func newBell() *bell { return &bell{rung: make(chan struct{}, 1)} }

func (b *bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default: // somebody is on the way
	}
}

// liteDriver is River's SQLite driver with the bell in place of the table.
type liteDriver struct {
	*riversqlite.Driver
	bell *bell
}

// GetListener satisfies riverdriver.Driver.
func (d liteDriver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return &bellListener{bell: d.bell}
}

// SupportsListenNotify is false of sending: nothing is to be written.
func (d liteDriver) SupportsListenNotify() bool { return false }

// bellListener hears the bell as if it were a notification about new jobs.
type bellListener struct {
	bell *bell
	mu   sync.Mutex
	on   bool // River wants to hear of new jobs
}

const insertTopic = "river_insert"

func (l *bellListener) Listen(_ context.Context, topic string) error   { return l.set(topic, true) }
func (l *bellListener) Unlisten(_ context.Context, topic string) error { return l.set(topic, false) }

func (l *bellListener) set(topic string, on bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if topic == insertTopic {
		l.on = on
	}
	return nil
}

func (l *bellListener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.bell.rung:
		}
		l.mu.Lock()
		on := l.on
		l.mu.Unlock()
		if on {
			return &riverdriver.Notification{Topic: insertTopic, Payload: `{"queue": "` + river.QueueDefault + `"}`}, nil
		}
	}
}

func (l *bellListener) Close(context.Context) error   { return nil }
func (l *bellListener) Connect(context.Context) error { return nil }
func (l *bellListener) Ping(context.Context) error    { return nil }
func (l *bellListener) Schema() string                { return "" }
func (l *bellListener) SetAfterConnectExec(string)    {}
