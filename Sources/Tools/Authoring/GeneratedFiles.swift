import ApusAPI
import KubernetesModel
import YAMLCoding

/// The committed files that are made from the Swift types: the CRDs, the chart's copy of them, the reference pages.
package struct GeneratedFile: Sendable, Equatable {
  /// Relative to the root of the repository.
  package var path: String
  package var text: String
  package var part: Part

  package enum Part: String, Sendable, CaseIterable {
    case crds
    case chart
    case docs
  }

  package static func all() -> [GeneratedFile] {
    ResourceDefinition.all.flatMap { definition in
      let crd =
        "# Made from the Swift types by `make generate`; do not edit.\n"
        + YAML.text(definition.manifest)
      return [
        GeneratedFile(path: "crds/\(definition.fileName)", text: crd, part: .crds),
        GeneratedFile(
          path: "charts/apus/files/crds/\(definition.fileName)", text: crd, part: .chart),
        GeneratedFile(
          path: "docs/resources/\(definition.singular).md",
          text: ResourceReference(definition).markdown, part: .docs),
      ]
    } + [
      GeneratedFile(
        path: "docs/resources/conditions.md", text: ConditionReference.markdown, part: .docs)
    ]
  }
}
