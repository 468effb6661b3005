import ApusAPI

/// The fields that shape one kind of generated pod, by their full paths: what a message tells a person to set.
package struct PodFields: Sendable, Hashable {
  /// `spec.training`, `spec.serving`; `spec` of a policy.
  private var place: String
  /// The generated container.
  var container: String
  /// Where its image comes from.
  private var imageSource: String
  /// How to get along with the time there is.
  var moreTime: String
  /// Its fields stand in the operator's configuration, where there is a template only.
  private var isOfTheOperator: Bool

  package static let training = PodFields(
    place: "spec.training", container: "worker",
    imageSource: "images.worker of the operator's configuration, or spec.training.algorithm.custom.image",
    moreTime: "raise spec.training.deadline")

  package static let check = PodFields(
    place: "spec", container: "worker", imageSource: "images.worker of the operator's configuration",
    moreTime: "shorten spec.window or lower spec.maximumSamples")

  /// A removal has no object of its own any more: what people write stands in the operator's configuration.
  package static let removal = PodFields(
    place: "removal", container: "worker", imageSource: "images.worker of the operator's configuration",
    moreTime: "check the telemetry store", isOfTheOperator: true)

  package static let serving = PodFields(
    place: "spec.serving", container: "server", imageSource: "images.server of the operator's configuration",
    moreTime: "")

  /// Of a run, by the label on its Job.
  init(component: String?) {
    switch component.flatMap(ApusLabels.Component.init) {
    case .check: self = .check
    case .remove: self = .removal
    case .server: self = .serving
    case .train, .load, nil: self = .training
    }
  }

  private init(
    place: String, container: String, imageSource: String, moreTime: String, isOfTheOperator: Bool = false
  ) {
    self.isOfTheOperator = isOfTheOperator
    self.place = place
    self.container = container
    self.imageSource = imageSource
    self.moreTime = moreTime
  }

  /// The partial pod spec that people write.
  var template: String { "\(isOfTheOperator ? "the operator's configuration: " : "")\(place).template.spec" }

  func template(_ member: String) -> String { "\(template).\(member)" }

  /// `limits.memory` of a container; nil: the generated one.
  func resource(_ name: String, of container: String? = nil) -> String {
    let container = container ?? self.container
    guard isOfTheOperator || container != self.container else { return "\(place).resources.\(name)" }
    return "\(template).containers[name=\(container)].resources.\(name)"
  }

  func image(of container: String?) -> String {
    guard let container, container != self.container else { return imageSource }
    return "\(template).containers[name=\(container)].image"
  }

  func securityContext(of containers: [String]) -> String {
    let named = containers.isEmpty ? [container] : containers
    return named.map { "\(template).containers[name=\($0)].securityContext" }.joined(separator: ", ")
  }
}

/// Where users and groups of pods are left to the cluster.
let podUserSetting = "podUser: Cluster in the operator's configuration"
