// Lists images in every way, and prints what came; see tests/clients/README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"muster.test/clients/images"
)

const labels = `{"dangling":["false"],` +
	`"label":["com.example.odd=a=b & c d, é ключ","com.example.stage=test"]}`

type image struct {
	ID          string            `json:"Id"`
	RepoTags    []string          `json:"RepoTags"`
	RepoDigests []string          `json:"RepoDigests"`
	Created     int64             `json:"Created"`
	Size        int64             `json:"Size"`
	VirtualSize int64             `json:"VirtualSize"`
	Labels      map[string]string `json:"Labels"`
}

func write(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(text))
	return err
}

func show(step string, request images.ApiImageListRequest) error {
	found, _, err := request.Execute()
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	listed := make([]image, 0, len(found))
	for _, each := range found {
		listed = append(listed, image{
			ID:          each.Id,
			RepoTags:    each.RepoTags,
			RepoDigests: each.RepoDigests,
			Created:     each.Created,
			Size:        each.Size,
			VirtualSize: each.VirtualSize,
			Labels:      each.Labels,
		})
	}
	return write(map[string]any{"step": step, "images": listed})
}

// message gives the message of an error, which is JSON or plain text.
func message(body []byte) string {
	var told images.ErrorResponse
	if json.Unmarshal(body, &told) == nil {
		return told.Message
	}
	return strings.TrimSpace(string(body))
}

func run(address string) error {
	configuration := images.NewConfiguration()
	configuration.Servers = images.ServerConfigurations{{URL: address + "/v1.23"}}
	api := images.NewAPIClient(configuration).ImageAPI
	ctx := context.Background()
	for _, each := range []struct {
		step    string
		request images.ApiImageListRequest
	}{
		{"plain", api.ImageList(ctx)},
		{"all", api.ImageList(ctx).All(true)},
		{"filter", api.ImageList(ctx).Filter("busybox")},
		{"dangling", api.ImageList(ctx).Filters(`{"dangling":{"true":true}}`)},
		{"labels", api.ImageList(ctx).Filters(labels)},
		{"digests", api.ImageList(ctx).Digests(true)},
	} {
		if err := show(each.step, each.request); err != nil {
			return err
		}
	}
	found, _, err := api.ImageInspect(ctx, "localhost:5000/test/busybox:latest").Execute()
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	if err := write(map[string]any{"step": "inspect", "Id": found.Id, "Size": found.Size}); err != nil {
		return err
	}
	_, response, err := api.ImageList(ctx).Filters(`{"nosuch":["x"]}`).Execute()
	var failure *images.GenericOpenAPIError
	if !errors.As(err, &failure) {
		return fmt.Errorf("no error, but %w", err)
	}
	return write(map[string]any{
		"step": "error", "status": response.StatusCode, "message": message(failure.Body()),
	})
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
