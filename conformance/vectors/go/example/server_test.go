package example

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster.test/vectors"
)

// The example keeps no indexes, so that it leaves the topic platforms out.
func TestVectors(t *testing.T) {
	files, _ := filepath.Glob("../../*.json")
	var versions []string
	for minor := 23; minor <= 56; minor++ {
		versions = append(versions, fmt.Sprintf("1.%d", minor))
	}
	total := 0
	for _, file := range files {
		if strings.HasSuffix(file, "schema.json") || strings.HasSuffix(file, "platforms.json") {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		departures, asked, err := vectors.Run(content, versions, Hold)
		if err != nil {
			t.Fatal(err)
		}
		total += asked
		for _, departure := range departures {
			t.Error(departure)
		}
	}
	t.Logf("asked %d times", total)
}

func TestAServerThatListsNothingDeparts(t *testing.T) {
	content, err := os.ReadFile("../../labels.json")
	if err != nil {
		t.Fatal(err)
	}
	nothing := func([]byte) vectors.Server {
		return func(string, string) (int, string, []byte) { return 200, "application/json", []byte("[]") }
	}
	departures, asked, _ := vectors.Run(content, []string{"1.44"}, nothing)
	if len(departures) == 0 || len(departures) == asked {
		t.Errorf("%d departures of %d", len(departures), asked)
	}
}
