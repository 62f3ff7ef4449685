// Lists images in every way, and prints what came; see tests/clients/README.md.

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import muster.client.ApiClient;
import muster.client.ApiException;
import muster.client.api.ImageApi;
import muster.client.model.ImageInspect;
import muster.client.model.ImageSummary;

/** The scenario. */
final class Scenario {
  private static final String LABELS =
      "{\"dangling\":[\"false\"],"
          + "\"label\":[\"com.example.odd=a=b & c d, é ключ\",\"com.example.stage=test\"]}";

  private static final ObjectMapper JSON = new ObjectMapper();

  private Scenario() {}

  private static void show(String step, List<ImageSummary> images) throws Exception {
    List<Map<String, Object>> listed = new ArrayList<>();
    for (ImageSummary image : images) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("Id", image.getId());
      each.put("RepoTags", image.getRepoTags());
      each.put("RepoDigests", image.getRepoDigests());
      each.put("Created", image.getCreated());
      each.put("Size", image.getSize());
      each.put("VirtualSize", image.getVirtualSize());
      each.put("Labels", image.getLabels());
      listed.add(each);
    }
    System.out.println(JSON.writeValueAsString(Map.of("step", step, "images", listed)));
  }

  /** Gives the message of an error, which is JSON or plain text. */
  private static String message(String body) throws Exception {
    String text = body.strip();
    return text.startsWith("{") ? JSON.readTree(text).get("message").asText() : text;
  }

  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(arguments[0] + "/v1.23");
    ImageApi api = new ImageApi(client);
    show("plain", api.imageList(null, null, null, null));
    show("all", api.imageList(true, null, null, null));
    show("filter", api.imageList(null, null, "busybox", null));
    show("dangling", api.imageList(null, "{\"dangling\":{\"true\":true}}", null, null));
    show("labels", api.imageList(null, LABELS, null, null));
    show("digests", api.imageList(null, null, null, true));
    ImageInspect image = api.imageInspect("localhost:5000/test/busybox:latest");
    System.out.println(
        JSON.writeValueAsString(
            Map.of("step", "inspect", "Id", image.getId(), "Size", image.getSize())));
    try {
      api.imageList(null, "{\"nosuch\":[\"x\"]}", null, null);
    } catch (ApiException error) {
      String told = message(error.getResponseBody());
      System.out.println(
          JSON.writeValueAsString(
              Map.of("step", "error", "status", error.getCode(), "message", told)));
    }
  }
}
