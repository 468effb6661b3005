import ApusAPI
package import ControllerRuntime
package import KubernetesClient
import KubernetesModel
package import Logging

/// The two controllers and what wakes them. ModelVersions need none of their own: they are written and moved by their
/// model's.
package enum OperatorControllers {
  package static func model(
    _ reconciler: ModelReconciler, _ caches: ClusterCaches, workers: Int, time: TimeSource, metrics: RuntimeMetrics,
    logger: Logger
  ) -> Controller {
    let controller = Controller(
      name: "modeldeployment", workers: workers, timeout: .seconds(120), time: time, metrics: metrics, logger: logger
    ) { key, _ in
      .after(try await reconciler.reconcile(key))
    }
    controller.watch(caches.models)
    // By name: one whose model is gone, or has let go of it, may wait for somebody to see it off.
    controller.watch(caches.versions) { event in
      ClusterCaches.modelName(of: event.change.object).map {
        [ObjectKey(namespace: event.identity.key.namespace, name: $0)]
      } ?? []
    }
    controller.owns(caches.jobs, by: ModelDeployment.gvk)
    // Nobody owns the Job that removes what a deleted model has left.
    controller.watch(caches.jobs) { event in
      guard event.identity.labels[ApusLabels.component] == ApusLabels.Component.remove.rawValue else { return [] }
      return modelKeys(named: event.identity)
    }
    controller.owns(caches.deployments, by: ModelDeployment.gvk)
    controller.owns(caches.services, by: ModelDeployment.gvk)
    controller.owns(caches.configMaps, by: ModelDeployment.gvk)
    controller.watch(caches.policies) { event in
      ClusterCaches.modelName(of: event.change.object).map {
        [ObjectKey(namespace: event.identity.key.namespace, name: $0)]
      } ?? []
    }
    controller.watch(caches.pods) { event in
      let component = event.identity.labels[ApusLabels.component].flatMap(ApusLabels.Component.init)
      guard component != .check, component != nil else { return [] }
      return modelKeys(named: event.identity)
    }
    return controller
  }

  private static func modelKeys(named identity: ObjectIdentity) -> [ObjectKey] {
    identity.labels[ApusLabels.model].map { [ObjectKey(namespace: identity.key.namespace, name: $0)] } ?? []
  }

  package static func policy(
    _ reconciler: PolicyReconciler, _ caches: ClusterCaches, workers: Int, time: TimeSource, metrics: RuntimeMetrics,
    logger: Logger
  ) -> Controller {
    let controller = Controller(
      name: "monitoringpolicy", workers: workers, timeout: PolicyReconciler.timeLimit, time: time, metrics: metrics,
      logger: logger
    ) { key, _ in
      .after(try await reconciler.reconcile(key))
    }
    controller.watch(caches.policies)
    controller.owns(caches.jobs, by: MonitoringPolicy.gvk)
    let policies = caches.policies.index
    controller.watch(caches.models) { event in ClusterCaches.policyKeys(of: event.identity.key, in: policies) }
    controller.watch(caches.versions) { event in
      guard let model = ClusterCaches.modelName(of: event.change.object) else { return [] }
      return ClusterCaches.policyKeys(
        of: ObjectKey(namespace: event.identity.key.namespace, name: model), in: policies)
    }
    controller.watch(caches.pods) { event in
      guard event.identity.labels[ApusLabels.component] == ApusLabels.Component.check.rawValue,
        let policy = event.identity.labels[ApusLabels.policy]
      else { return [] }
      return [ObjectKey(namespace: event.identity.key.namespace, name: policy)]
    }
    return controller
  }
}

extension ReconcileResult {
  fileprivate static func after(_ seconds: Double?) -> ReconcileResult {
    seconds.map { .requeue(after: .seconds($0)) } ?? .done
  }
}
