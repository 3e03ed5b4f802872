// Verifies the proof of a leaf with golang.org/x/mod: verify VKEY PROOF LEAF
package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	proof, leaf := read(os.Args[2]), read(os.Args[3])
	parts := strings.SplitN(proof, "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	var index int64
	_, err := fmt.Sscanf(lines[0]+" "+lines[1], "c2sp.org/tlog-proof@v1 index %d", &index)
	check(err)
	var hashes tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		check(err)
		hashes = append(hashes, hash)
	}
	key, err := note.NewVerifier(os.Args[1])
	check(err)
	opened, err := note.Open([]byte(parts[1]), note.VerifierList(key))
	check(err)
	head := strings.Split(opened.Text, "\n")
	var size int64
	_, err = fmt.Sscan(head[1], &size)
	check(err)
	root, err := tlog.ParseHash(head[2])
	check(err)
	check(tlog.CheckRecord(hashes, size, root, index, tlog.RecordHash([]byte(leaf))))
	fmt.Printf("leaf %d is in a tree of %d\n", index, size)
}

func read(path string) string {
	data, err := os.ReadFile(path)
	check(err)
	return string(data)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
