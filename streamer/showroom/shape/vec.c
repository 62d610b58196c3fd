#include "streamer/showroom/shape/vec.h"

VecMatrix vec_matrix_multiply(const VecMatrix *a, const VecMatrix *b) {
  VecMatrix product;
  for (int column = 0; column < 4; column++)
    for (int row = 0; row < 4; row++) {
      float sum = 0;
      for (int k = 0; k < 4; k++)
        sum += a->m[k * 4 + row] * b->m[column * 4 + k];
      product.m[column * 4 + row] = sum;
    }
  return product;
}

VecMatrix vec_matrix_perspective(float fov_y, float aspect, float near_m, float far_m) {
  float scale = 1 / tanf(fov_y / 2);
  VecMatrix p = {{0}};
  p.m[0] = scale / aspect;
  p.m[5] = scale;
  p.m[10] = (far_m + near_m) / (near_m - far_m);
  p.m[11] = -1;
  p.m[14] = 2 * far_m * near_m / (near_m - far_m);
  return p;
}

VecMatrix vec_matrix_view(Vec3 eye, float yaw, float pitch) {
  Vec3 forward = vec_from_angles(yaw, pitch);
  Vec3 right = vec(cosf(yaw), 0, sinf(yaw));
  Vec3 up = vec_cross(right, forward);
  VecMatrix view = {{right.x, up.x, -forward.x, 0, right.y, up.y, -forward.y, 0, right.z, up.z, -forward.z, 0,
                     -vec_dot(right, eye), -vec_dot(up, eye), vec_dot(forward, eye), 1}};
  return view;
}

VecMatrix vec_matrix_mirror(float level_m) {
  return (VecMatrix){{1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 2 * level_m, 0, 1}};
}

void vec_frustum_planes(const VecMatrix *view_projection, float planes[6][4]) {
  const float *m = view_projection->m;
  for (int plane = 0; plane < 6; plane++) {
    float sign = plane % 2 == 0 ? 1.0f : -1.0f;
    for (int k = 0; k < 4; k++)
      planes[plane][k] = m[k * 4 + 3] + sign * m[k * 4 + plane / 2];
  }
}

int vec_frustum_sees_box(float planes[6][4], Vec3 low, Vec3 high) {
  for (int i = 0; i < 6; i++) {
    const float *p = planes[i];
    float x = p[0] >= 0 ? high.x : low.x;
    float y = p[1] >= 0 ? high.y : low.y;
    float z = p[2] >= 0 ? high.z : low.z;
    if (p[0] * x + p[1] * y + p[2] * z + p[3] < 0)
      return 0;
  }
  return 1;
}
