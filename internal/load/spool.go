package load

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// rawEntry is a resource as it stood in a file.
type rawEntry struct {
	kind, fullURL string
	file          string // where it stood
	raw           []byte
}

// group is everything that was read of one person.
type group struct {
	key     string
	entries []rawEntry
}

// spool groups entries by person. It keeps them in memory up to a budget; past
// that it deals them out to files by a hash of the person and reads those back
// one at a time, so that memory does not grow with the data.
type spool struct {
	dir    string // where its files go; made when first needed
	budget int
	depth  int // of splitting again what was still too large

	size   int
	memory map[string]int // place in groups
	groups []group
	parts  []*part
}

type part struct {
	file *os.File
	w    *bufio.Writer
	size int
}

// fanout is how many files a spool deals out to.
const fanout = 64

// defaultBudget is what a spool keeps in memory: many times the largest person,
// small beside what a machine has.
const defaultBudget = 48 << 20

func newSpool(dir string, budget, depth int) *spool {
	return &spool{dir: dir, budget: budget, depth: depth, memory: map[string]int{}}
}

// add takes an entry of a person.
func (s *spool) add(key string, e rawEntry) error {
	i, ok := s.memory[key]
	if !ok {
		i = len(s.groups)
		s.memory[key] = i
		s.groups = append(s.groups, group{key: key})
	}
	s.groups[i].entries = append(s.groups[i].entries, e)
	s.size += len(e.raw) + len(key) + 100
	if s.size > s.budget {
		return s.flush()
	}
	return nil
}

func (s *spool) flush() error {
	if s.parts == nil {
		s.parts = make([]*part, fanout)
	}
	for _, g := range s.groups {
		p, err := s.part(g.key)
		if err != nil {
			return err
		}
		for _, e := range g.entries {
			if err := p.write(g.key, e); err != nil {
				return err
			}
		}
	}
	s.size, s.groups = 0, nil
	clear(s.memory)
	return nil
}

func (s *spool) part(key string) (*part, error) {
	i := hash(fmt.Sprintf("spool %d", s.depth), key) % fanout
	if s.parts[i] == nil {
		f, err := os.CreateTemp(s.dir, "people-*")
		if err != nil {
			return nil, fmt.Errorf("make room for the data: %w", err)
		}
		// The name goes at once, so that nothing stays behind however the load ends.
		_ = os.Remove(f.Name())
		s.parts[i] = &part{file: f, w: bufio.NewWriter(f)}
	}
	return s.parts[i], nil
}

func (p *part) write(key string, e rawEntry) error {
	var buf [binary.MaxVarintLen64]byte
	for _, field := range []string{key, e.kind, e.fullURL, e.file, string(e.raw)} {
		n := binary.PutUvarint(buf[:], uint64(len(field)))
		p.size += n + len(field)
		if _, err := p.w.Write(buf[:n]); err != nil {
			return fmt.Errorf("make room for the data: %w", err)
		}
		if _, err := p.w.WriteString(field); err != nil {
			return fmt.Errorf("make room for the data: %w", err)
		}
	}
	return nil
}

// each calls yield with every person, and empties the spool.
func (s *spool) each(yield func(group) error) error {
	defer s.close()
	if s.parts == nil {
		for i, g := range s.groups {
			s.groups[i] = group{}
			if err := yield(g); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	for _, p := range s.parts {
		if p == nil {
			continue
		}
		if err := s.readBack(p, yield); err != nil {
			return err
		}
	}
	return nil
}

// readBack groups one file. One that is still too large is dealt out again; after
// three times it holds a single enormous person.
func (s *spool) readBack(p *part, yield func(group) error) error {
	budget := s.budget
	if s.depth >= 3 || p.size <= budget {
		budget = int(^uint(0) >> 1)
	}
	again := newSpool(s.dir, budget, s.depth+1)
	if err := p.read(again.add); err != nil {
		again.close()
		return err
	}
	p.file.Close()
	return again.each(yield)
}

func (p *part) read(add func(string, rawEntry) error) error {
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("make room for the data: %w", err)
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReader(p.file)
	for {
		fields, err := readFields(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read back the data: %w", err)
		}
		e := rawEntry{kind: string(fields[1]), fullURL: string(fields[2]), file: string(fields[3]), raw: fields[4]}
		if err := add(string(fields[0]), e); err != nil {
			return err
		}
	}
}

func readFields(r *bufio.Reader) (fields [5][]byte, err error) {
	for i := range fields {
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return fields, err
		}
		fields[i] = make([]byte, n)
		if _, err := io.ReadFull(r, fields[i]); err != nil {
			return fields, io.ErrUnexpectedEOF
		}
	}
	return fields, nil
}

func (s *spool) close() {
	for _, p := range s.parts {
		if p != nil {
			p.file.Close()
		}
	}
	s.parts, s.groups = nil, nil
}

// spoolDir is where a load puts what it cannot keep in memory.
func spoolDir(dir string) string {
	if dir == "" {
		return os.TempDir()
	}
	return filepath.Clean(dir)
}
