# frozen_string_literal: true

# Lists images in every way, and prints what came; see tests/clients/README.md.

require 'json'
require 'uri'
require 'images_client'

LABELS = '{"dangling":["false"],' \
         '"label":["com.example.odd=a=b & c d, é ключ","com.example.stage=test"]}'

STEPS = {
  'plain' => {},
  'all' => { all: true },
  'filter' => { filter: 'busybox' },
  'dangling' => { filters: '{"dangling":{"true":true}}' },
  'labels' => { filters: LABELS },
  'digests' => { digests: true }
}.freeze

def shown(image)
  {
    Id: image.id,
    RepoTags: image.repo_tags,
    RepoDigests: image.repo_digests,
    Created: image.created,
    Size: image.size,
    VirtualSize: image.virtual_size,
    Labels: image.labels
  }
end

# Gives the message of an error, which is JSON or plain text.
def message(body)
  text = body.strip
  text.start_with?('{') ? JSON.parse(text)['message'] : text
end

address = URI(ARGV.fetch(0))
configuration = ImagesClient::Configuration.new
configuration.scheme = address.scheme
configuration.host = "#{address.host}:#{address.port}"
configuration.base_path = '/v1.23'
api = ImagesClient::ImageApi.new(ImagesClient::ApiClient.new(configuration))

STEPS.each do |step, query|
  puts JSON.generate({ step: step, images: api.image_list(query).map { |image| shown(image) } })
end
image = api.image_inspect('localhost:5000/test/busybox:latest')
puts JSON.generate({ step: 'inspect', Id: image.id, Size: image.size })
begin
  api.image_list(filters: '{"nosuch":["x"]}')
rescue ImagesClient::ApiError => e
  puts JSON.generate({ step: 'error', status: e.code, message: message(e.response_body) })
end
