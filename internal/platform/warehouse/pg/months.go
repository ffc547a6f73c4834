package pg

import (
	"context"

	"rapport/internal/platform/warehouse"
)

// MakeMonths makes the partitions of the months in which the instants lie, before many events come in at once.
func (w *Warehouse) MakeMonths(ctx context.Context, instants []int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := make([]warehouse.Event, len(instants))
	for i, at := range instants {
		events[i].At = at
	}
	return w.makePartitions(ctx, events)
}
