package importer

// Undo is what the undoing of an import came to, or has come to so far.
type Undo struct {
	Removed  int64 `json:"removed"`
	Restored int64 `json:"restored"`
	Kept     int64 `json:"kept"`
}

// undoable tells whether it is kept what the import changed.
func (i *Import) undoable() bool {
	switch i.Status {
	case Done, Failed, Cancelled:
		return i.Notes.Chunks > 0 && !i.DryRun
	}
	return false
}
