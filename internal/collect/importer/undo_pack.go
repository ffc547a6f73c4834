package importer

import (
	"encoding/binary"
	"errors"

	"rapport/internal/base/id"
	"rapport/internal/facts/order"
)

// appendMade writes how far the id of an order lies behind the one before it, and its mark.
func appendMade(b []byte, step id.ID, mark uint32) []byte {
	b = binary.AppendUvarint(b, uint64(step))
	return binary.LittleEndian.AppendUint32(b, mark)
}

func readMade(b []byte, into *[]order.Former) error {
	last := id.ID(0)
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		if n <= 0 || len(b) < n+4 {
			return errors.New("a list of orders is cut off")
		}
		last += id.ID(step)
		*into = append(*into, order.Former{OrderID: last, Mark: binary.LittleEndian.Uint32(b[n:])})
		b = b[n+4:]
	}
	return nil
}
