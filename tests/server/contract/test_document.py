import muster_openapi
from musterd.contract import document as contract
from musterd.contract.document import Operation


def test_the_operations_of_the_document_are_found_with_their_query_parameters() -> None:
    found = contract.operations(muster_openapi.document("1.23"))
    assert found["image_list"] == Operation(
        "GET", frozenset({"all", "filters", "filter", "digests"})
    )
    assert found["ping_head"] == Operation("HEAD", frozenset())


def test_references_are_resolved_and_other_path_members_ignored() -> None:
    document = {
        "paths": {
            "/x/{name}": {
                "summary": "not an operation",
                "post": {
                    "operationId": "make",
                    "parameters": [
                        {"$ref": "#/components/parameters/a"},
                        {"name": "b", "in": "query", "schema": {"type": "array"}},
                        {"name": "name", "in": "path", "schema": {"type": "string"}},
                    ],
                    "requestBody": {"content": {"application/x-tar": {}, "text/plain": {}}},
                },
            }
        },
        "components": {
            "parameters": {
                "a": {"$ref": "#/components/parameters/c"},
                "c": {"name": "c", "in": "query", "schema": {"type": "string"}},
            }
        },
    }
    assert contract.operations(document) == {
        "make": Operation("POST", frozenset({"b", "c"}), frozenset({"b"}), "application/x-tar")
    }
