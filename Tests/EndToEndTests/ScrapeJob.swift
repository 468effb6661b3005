import Foundation
import KubernetesModel
import YAMLCoding

/// A job of `prometheus/prometheus.yaml`: what Prometheus' discovery would find of it in this cluster. Distributions build
/// Prometheus without that discovery, so it is done here, by Prometheus' rules.
struct ScrapeJob {
  let name: String
  let selector: String
  /// nil: all.
  let namespace: String?
  let relabelling: [JSONValue]

  /// A target as Prometheus' API shows it.
  struct Target: Hashable, CustomStringConvertible {
    var labels: [String: String]
    var url: String
    var description: String { "\(url) \(labels.sorted { $0.key < $1.key })" }
  }

  static func all() throws -> [ScrapeJob] {
    let text = try String(contentsOf: URL(fileURLWithPath: "prometheus/prometheus.yaml"), encoding: .utf8)
    return (try YAML.document(text).value["scrape_configs"]?.array ?? []).map { job in
      let discovery = job["kubernetes_sd_configs"]?[0]
      return ScrapeJob(
        name: job["job_name"]?.string ?? "", selector: discovery?["selectors"]?[0]?["label"]?.string ?? "",
        namespace: discovery?[path: "namespaces", "names"]?[0]?.string,
        relabelling: job["relabel_configs"]?.array ?? [])
    }
  }

  func targets(in cluster: Cluster) async throws -> [Target] {
    let scope = namespace.map { "--namespace=\($0)" } ?? "--all-namespaces"
    let output = try await cluster.kubectl("get", "pods", scope, "-l", selector, "-o", "json")
    let pods = try JSONValue(parsing: output.text)["items"]?.array ?? []
    return pods.flatMap { pod in
      let ports = pod[path: "spec", "containers"]?.array?.flatMap { $0["ports"]?.array ?? [] } ?? []
      return ports.compactMap { target(pod, $0) }
    }
  }

  private func target(_ pod: JSONValue, _ port: JSONValue) -> Target? {
    guard let address = pod[path: "status", "podIP"]?.string, let number = port["containerPort"]?.integer else {
      return nil
    }
    var labels = [
      "__address__": "\(address):\(number)", "job": name,
      "__meta_kubernetes_namespace": pod[path: "metadata", "namespace"]?.string ?? "",
      "__meta_kubernetes_pod_name": pod[path: "metadata", "name"]?.string ?? "",
      "__meta_kubernetes_pod_phase": pod[path: "status", "phase"]?.string ?? "",
      "__meta_kubernetes_pod_container_port_name": port["name"]?.string ?? "",
    ]
    for (key, value) in pod[path: "metadata", "labels"]?.object ?? [:] {
      let key = String(key.map { $0.isLetter || $0.isNumber ? $0 : "_" })
      labels["__meta_kubernetes_pod_label_\(key)"] = value.string
    }
    for rule in relabelling where !Self.apply(rule, to: &labels) { return nil }
    labels["instance"] = labels["instance"] ?? labels["__address__"]
    return Target(
      labels: labels.filter { !$0.key.hasPrefix("__") },
      url: "\(labels["__scheme__"] ?? "http")://\(labels["__address__"] ?? "")/metrics")
  }

  /// Whether the target stays. Knows what the file uses: to keep what a whole value matches, and to copy a
  /// value, or one that matches.
  private static func apply(_ rule: JSONValue, to labels: inout [String: String]) -> Bool {
    let sources = rule["source_labels"]?.array?.compactMap(\.string) ?? []
    let value = sources.map { labels[$0] ?? "" }.joined(separator: ";")
    switch rule["action"]?.string ?? "replace" {
    case "keep": return value == rule["regex"]?.string
    case "replace" where rule["replacement"] == nil:
      // A pattern is one group around the whole value.
      if let pattern = rule["regex"]?.string, !Self.matches(value, pattern) { return true }
      labels[rule["target_label"]?.string ?? ""] = value
      return true
    default: return false
    }
  }

  private static func matches(_ value: String, _ pattern: String) -> Bool {
    guard let regex = try? Regex(pattern) else { return false }
    return value.wholeMatch(of: regex) != nil
  }
}
