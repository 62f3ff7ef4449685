// Drives musterd through the control API, and prints what happens; see tests/clients/README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"

	control "muster.test/clients/images"
)

type scenario struct {
	ctx    context.Context
	api    *control.ControlAPIService
	docker string
}

func write(step string, values map[string]any) error {
	values["step"] = step
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(text))
	return err
}

// get stands in for the client under test.
func (s scenario) get(target string) (int, []byte, error) {
	response, err := http.Get(s.docker + target)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

func (s scenario) names() ([]string, error) {
	_, body, err := s.get("/images/json")
	if err != nil {
		return nil, err
	}
	var listed []struct{ RepoTags []string }
	if err := json.Unmarshal(body, &listed); err != nil {
		return nil, err
	}
	names := []string{}
	for _, each := range listed {
		names = append(names, each.RepoTags...)
	}
	sort.Strings(names)
	return names, nil
}

func (s scenario) apiVersion() (string, error) {
	_, body, err := s.get("/version")
	if err != nil {
		return "", err
	}
	var told struct{ ApiVersion string }
	return told.ApiVersion, json.Unmarshal(body, &told)
}

func (s scenario) showImages(step string) error {
	names, err := s.names()
	if err != nil {
		return err
	}
	return write(step, map[string]any{"names": names})
}

func (s scenario) showEngine(step string) error {
	engine, _, err := s.api.GetEngine(s.ctx).Execute()
	if err != nil {
		return err
	}
	version, err := s.apiVersion()
	if err != nil {
		return err
	}
	return write(step, map[string]any{
		"engine":      engine.Engine,
		"api_min":     engine.GetApiMin(),
		"api_max":     engine.GetApiMax(),
		"departures":  engine.Departures,
		"api_version": version,
	})
}

func (s scenario) images() error {
	if _, err := s.api.ClearImages(s.ctx).Execute(); err != nil {
		return err
	}
	if err := s.showImages("clear images"); err != nil {
		return err
	}
	size, parent := "5MB", "base:1"
	base := control.Image{Names: []string{"base:1"}, Size: &size}
	app := control.Image{
		Names:  []string{"app:1", "app:latest"},
		Parent: &parent,
		Labels: &map[string]string{"stage": "test"},
		Digest: true,
	}
	seed := control.Seed{Images: []control.Image{base, app}}
	added, _, err := s.api.AddImages(s.ctx).Seed(seed).Execute()
	if err != nil {
		return err
	}
	names, err := s.names()
	if err != nil {
		return err
	}
	return write("add images", map[string]any{"ids": len(added.Ids), "names": names})
}

func (s scenario) statuses(step string, count int) error {
	statuses := []int{}
	for range count {
		status, _, err := s.get("/v1.43/images/json")
		if err != nil {
			return err
		}
		statuses = append(statuses, status)
	}
	return write(step, map[string]any{"statuses": statuses})
}

func (s scenario) faults() error {
	status, times, path := int32(503), int32(1), "/images/*"
	fault := control.Fault{Status: &status, Times: &times, Path: &path}
	if _, err := s.api.AddFault(s.ctx).Fault(fault).Execute(); err != nil {
		return err
	}
	if err := s.statuses("add a fault", 2); err != nil {
		return err
	}
	if _, err := s.api.AddFault(s.ctx).Fault(control.Fault{Status: &status}).Execute(); err != nil {
		return err
	}
	if _, err := s.api.ClearFaults(s.ctx).Execute(); err != nil {
		return err
	}
	return s.statuses("clear faults", 1)
}

func (s scenario) requests() error {
	if _, err := s.api.ClearRequests(s.ctx).Execute(); err != nil {
		return err
	}
	if _, _, err := s.get("/v1.43/images/json?al=1"); err != nil {
		return err
	}
	sent, _, err := s.api.ListRequests(s.ctx).Execute()
	if err != nil {
		return err
	}
	if len(sent.Requests) != 1 {
		return fmt.Errorf("%d requests", len(sent.Requests))
	}
	request := sent.Requests[0]
	return write("requests", map[string]any{
		"method":      request.Method,
		"path":        request.Path,
		"api_version": request.ApiVersion.Get(),
		"query":       request.Query,
		"status":      request.Status.Get(),
		"answered":    request.Duration.Get() != nil,
		"problems":    request.Problems,
	})
}

func (s scenario) engines() error {
	if err := s.showEngine("engine"); err != nil {
		return err
	}
	newest := "1.42"
	engine := control.Engine{
		Engine:     "podman-5.8",
		ApiMax:     *control.NewNullableString(&newest),
		Departures: []string{"LIST-EMPTY"},
	}
	if _, err := s.api.SetEngine(s.ctx).Engine(engine).Execute(); err != nil {
		return err
	}
	if err := s.showEngine("set the engine"); err != nil {
		return err
	}
	response, err := s.api.SetEngine(s.ctx).Engine(control.Engine{Engine: "nosuch"}).Execute()
	var failure *control.GenericOpenAPIError
	if !errors.As(err, &failure) {
		return fmt.Errorf("no error, but %w", err)
	}
	told, isError := failure.Model().(control.Error)
	if !isError {
		return fmt.Errorf("not the error of the document: %s", failure.Body())
	}
	message := told.Message[:len("there is no engine 'nosuch'")]
	return write("refused", map[string]any{"status": response.StatusCode, "message": message})
}

func (s scenario) grease() error {
	seed := int32(7)
	for _, each := range []*int32{&seed, nil} {
		grease := control.Grease{Seed: *control.NewNullableInt32(each)}
		if _, err := s.api.SetGrease(s.ctx).Grease(grease).Execute(); err != nil {
			return err
		}
	}
	return s.showImages("grease")
}

func (s scenario) reset() error {
	if _, err := s.api.Reset(s.ctx).Execute(); err != nil {
		return err
	}
	sent, _, err := s.api.ListRequests(s.ctx).Execute()
	if err != nil {
		return err
	}
	if err := write("reset", map[string]any{"requests": len(sent.Requests)}); err != nil {
		return err
	}
	if err := s.showImages("images after the reset"); err != nil {
		return err
	}
	return s.showEngine("engine after the reset")
}

func main() {
	configuration := control.NewConfiguration()
	configuration.Servers = control.ServerConfigurations{{URL: os.Args[1]}}
	api := control.NewAPIClient(configuration).ControlAPI
	s := scenario{ctx: context.Background(), api: api, docker: os.Args[2]}
	for _, step := range []func() error{
		s.images, s.faults, s.requests, s.grease, s.engines, s.reset,
	} {
		if err := step(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
