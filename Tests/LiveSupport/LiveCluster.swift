import Foundation
package import KubernetesClient
import KubernetesModel
import TestSupport

/// The API server that `APUS_TEST_KUBECONFIG` names. With `APUS_TEST_CUSTOM_ONLY` it has custom resources and nothing else, as
/// the server of `scripts/current-kubernetes`.
package enum LiveCluster {
  package static let kubeconfig = ProcessInfo.processInfo.environment["APUS_TEST_KUBECONFIG"]
  package static let hasCore = ProcessInfo.processInfo.environment["APUS_TEST_CUSTOM_ONLY"] == nil
  static let group = "live.apus.dev"

  /// Makes the kind of `LiveMap` where the cluster has none of its own, and waits until it is served.
  package static func prepare(_ client: ClusterClient) async throws {
    guard !hasCore else { return }
    let definitions = GroupVersionResource(
      group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions")
    let target = APITarget(definitions, name: "livemaps.\(group)")
    _ = try await client.apply(target, definition)
    _ = try await eventually("the CRD is established") { () -> Bool? in
      let conditions = try await client.find(target)?[path: "status", "conditions"]?.array ?? []
      return conditions.contains { $0["type"] == "Established" && $0["status"] == "True" } ? true : nil
    }
    _ = try await eventually("the kind is served") { () -> Bool? in
      do {
        _ = try await client.perform(.list(LiveMap.gvr, Selection(namespace: "default"), limit: 1))
        return true
      } catch let error as KubernetesError where error.isMissingAPI {
        return nil
      }
    }
  }

  private static let definition: JSONValue = [
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": ["name": .string("livemaps.\(group)")],
    "spec": [
      "group": .string(group), "scope": "Namespaced",
      "names": ["kind": "LiveMap", "listKind": "LiveMapList", "plural": "livemaps", "singular": "livemap"],
      "versions": [
        [
          "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
          "schema": [
            "openAPIV3Schema": [
              "type": "object",
              "properties": [
                "data": ["type": "object", "additionalProperties": ["type": "string"]],
                "status": ["type": "object", "properties": ["failed": ["type": "integer"]]],
              ],
            ]
          ],
        ]
      ],
    ],
  ]
}
